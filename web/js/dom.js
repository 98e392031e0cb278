/// The element with the id; there always is one.
export const byId = (id) => document.getElementById(id);

/// A new element. `properties` are its DOM properties; `data` and `attributes` what has none. Texts become text nodes:
/// nothing that comes from a server is ever markup.
export function element(tag, { data = {}, attributes = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.dataset, data);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/// Words of a live region, which some screen readers read again at each setting, whether or not anything is new.
export function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/// What a character is said to speak, as an HTML language tag: nothing where it is none, or several.
export function languageTag(language) {
  return /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(language ?? '') ? language : undefined;
}

/// Under a key of this page's own. A browser may refuse to keep anything: then nothing is remembered.
export const memory = {
  get(key) {
    try { return localStorage.getItem(`unmuted.${key}`); } catch { return null; }
  },
  set(key, value) {
    try { localStorage.setItem(`unmuted.${key}`, value); } catch { /* not remembered */ }
  },
};
