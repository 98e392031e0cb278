import { byId, memory } from './dom.js';
import { strings } from './strings.js';

/// The first of the wanted languages that the page has, English where it has none of them.
export function bestLanguage(wanted, available = Object.keys(strings)) {
  const short = (tag) => tag.toLowerCase().split('-')[0];
  return wanted.map(short).find((tag) => available.includes(tag)) ?? 'en';
}

let language = 'en';

/// The text of a key in the present language, with its values; a key that nobody knows gives undefined.
export function text(key, values = {}) {
  return fill(strings[language][key], values);
}

export function fill(template, values) {
  return template?.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/// `0.62`, as the language writes it.
export function seconds(ms, digits = 2) {
  return new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(ms / 1000);
}

/// What is said of an error: ours where the code is known, and what the server says.
export function errorText({ code, message }) {
  const known = text(`error.${code}`);
  if (!known) return message ?? code;
  return message && language === 'en' ? message : known;
}

function applyTo(root) {
  for (const one of root.querySelectorAll('[data-text]')) one.textContent = text(one.dataset.text);
  for (const one of root.querySelectorAll('[data-placeholder]')) one.placeholder = text(one.dataset.placeholder);
}

/// Chooses the language and keeps the page in it; `changed` is called when the user chooses another one.
export function setUpLanguage(changed) {
  const choice = byId('language');
  const use = (chosen) => {
    language = chosen;
    document.documentElement.lang = chosen;
    applyTo(document);
  };
  choice.value = bestLanguage([memory.get('language') ?? '', ...navigator.languages]);
  choice.addEventListener('change', () => {
    memory.set('language', choice.value);
    use(choice.value);
    changed();
  });
  use(choice.value);
}
