// The cast inspector: asks the server what it makes of a directory, and shows it. Which directory and which character is
// kept in the address, behind the "#", so that reloading the page or going back keeps them.

import { memory } from "./dom.js";
import { texts } from "./inspect-texts.js";

/** As chosen on the page to talk, else as the browser wants it. */
const language =
  [memory.get("language") ?? "", ...navigator.languages].map((tag) => tag.split("-")[0].toLowerCase()).find((tag) => Object.hasOwn(texts, tag)) ?? "en";

function text(key, values = {}) {
  return texts[language][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

const byId = (id) => document.getElementById(id);

/** An element with children, which are elements or texts; what is null is left out. */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

// --- the server -------------------------------------------------------------------------------------------

/** The answer's JSON. Throws an Error whose message is for people, or the AbortError of `options.signal`. */
async function ask(path, options) {
  let response;
  let body;
  try {
    response = await fetch(path, { cache: "no-store", ...options });
    if (response.ok) return await response.json();
    body = await response.json().catch(() => ({}));
  } catch (error) {
    throw error.name === "AbortError" ? error : new Error(text("unreachable"));
  }
  throw new Error(text("refused", { detail: body.detail ?? `${response.status} ${response.statusText}` }));
}

function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value);
  return given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}

// --- what is shown ----------------------------------------------------------------------------------------

let cast = null; // the answer that is shown, or null
let underWay = new AbortController(); // of the requests of which an answer is still wanted

function showStatus(words, busy = false) {
  byId("status").textContent = words;
  byId("status").classList.toggle("busy", busy);
}

function showFailure(words) {
  byId("failure").textContent = words;
  byId("failure").hidden = words === "";
}

/** "quiz.lua:3:5 error unknown-field", the message, and what to do about it. */
function problem(found) {
  const place = [found.file, found.line || null, (found.line && found.column) || null].filter((part) => part !== null);
  return element("div", { class: "problem" },
    element("p", {},
      element("code", {}, place.join(":")), " ",
      element("strong", { class: found.severity }, text(found.severity)), " ",
      element("code", {}, found.code)),
    element("p", {}, found.message),
    found.help ? element("p", { class: "hint" }, found.help) : null);
}

/** A list of names and values; rows without a value are left out. */
function facts(rows) {
  const list = element("dl", {});
  for (const [name, value] of rows) {
    if (value === null || value === undefined || value === "") continue;
    list.append(element("dt", {}, name), element("dd", {}, value));
  }
  return list;
}

function voice({ voice: { source_type, path_on_server, names, description, url } }) {
  const elsewhere = Object.entries(names).map(([service, name]) => `${service}: ${name}`).join(", ");
  return facts([
    [text("voiceSource"), source_type],
    [text("voicePath"), path_on_server],
    [text("voiceNames"), elsewhere],
    [text("description"), description],
    ["URL", url],
  ]);
}

function about(character) {
  const { good, comment, tags } = character.metadata;
  const byScript = [
    character.has_system_prompt ? text("scriptPrompt") : null,
    character.has_reply ? text("scriptReply") : null,
  ].filter((part) => part !== null);
  return facts([
    [text("file"), character.file],
    [text("comment"), comment],
    [text("language"), character.instructions.language],
    [text("tags"), tags.join(", ")],
    [text("good"), good === null ? null : text(good ? "yes" : "no")],
    [text("script"), byScript.join(", ") || text("none")],
    [text("vocabulary"), character.vocabulary.join(", ")],
  ]);
}

function tool({ name, description, parameters }) {
  return element("li", {},
    element("p", {}, element("code", {}, name), ` – ${description}`),
    element("details", {},
      element("summary", {}, text("parameters")),
      element("pre", {}, JSON.stringify(parameters, null, 2))));
}

function opening(answer) {
  if (answer.failure) return [element("p", { class: "error" }, text("failed")), problem(answer.failure)];
  return [
    element("p", { class: "hint" }, text("words", { words: answer.words })),
    element("pre", {}, answer.system_prompt),
  ];
}

function showCharacter(character, answer) {
  byId("character-heading").textContent = character.name;
  byId("character-body").replaceChildren(
    about(character),
    element("h3", {}, text("prompt")),
    ...opening(answer),
    element("h3", {}, text("greeting")),
    answer.greeting === null ? element("p", { class: "hint" }, text("noGreeting")) : element("pre", {}, answer.greeting),
    ...(answer.log.length === 0 ? [] : [element("h3", {}, text("log")), element("pre", {}, answer.log.join("\n"))]),
    element("h3", {}, text("voice")),
    voice(character),
    element("h3", {}, text("tools")),
    character.tools.length === 0 ? element("p", { class: "hint" }, text("noTools"))
                                 : element("ul", {}, ...character.tools.map(tool)));
  byId("character").hidden = false;
}

function characterButton(character) {
  const button = element("button", { type: "button" }, character.name,
    element("span", {}, [character.instructions.language, character.file].join(" · ")));
  button.addEventListener("click", () => select(character.name));
  return element("li", {}, button);
}

function showCast() {
  const counts = {
    loaded: cast.loaded_count, total: cast.total_files, errors: cast.errors.length, warnings: cast.warnings.length,
  };
  byId("summary").replaceChildren(
    element("code", {}, cast.directory), element("br", {}), text("counts", counts),
    ...(cast.is_default ? [element("br", {}), text("isDefault")] : []));
  byId("make-default").textContent = text(cast.is_default ? "reloadDefault" : "makeDefault");
  const problems = [...cast.errors, ...cast.warnings];
  byId("problems").replaceChildren(...problems.map((found) => element("li", {}, problem(found))));
  byId("no-problems").hidden = problems.length > 0;
  byId("characters").replaceChildren(...cast.characters.map(characterButton));
  byId("no-characters").hidden = cast.characters.length > 0;
  byId("cast").hidden = false;
}

// --- what is done -----------------------------------------------------------------------------------------

/** The address is the one place where it is kept what is looked at. */
function place() {
  const kept = new URLSearchParams(location.hash.slice(1));
  return { directory: kept.get("directory") ?? "", character: kept.get("character") ?? "" };
}

function keep(parameters) {
  history.replaceState(null, "", `#${query(parameters)}`);
}

/** Does what takes a while: what was under way before is given up, and a failure is said. */
async function attempt(words, action) {
  underWay.abort();
  underWay = new AbortController();
  const { signal } = underWay;
  showFailure("");
  showStatus(words, true);
  try {
    showStatus(await action(signal));
  } catch (error) {
    if (signal.aborted) return;
    showStatus("");
    showFailure(error.message);
  }
}

async function readCast(signal) {
  const { directory } = place();
  byId("directory").value = directory;
  byId("character").hidden = true;
  byId("cast").hidden = true;
  cast = await ask(`v1/inspect?${query({ directory })}`, { signal });
  showCast();
  const { character } = place();
  if (cast.characters.some(({ name }) => name === character)) await readCharacter(character, signal);
  return text("loaded", { time: new Date().toLocaleTimeString(language) });
}

async function readCharacter(name, signal) {
  byId("character").hidden = true;
  const chosen = cast.characters.findIndex((character) => character.name === name);
  byId("characters").querySelectorAll("button").forEach((button, index) => {
    button.setAttribute("aria-current", String(index === chosen));
  });
  const answer = await ask(`v1/inspect/character?${query({ directory: cast.directory, name })}`, { signal });
  showCharacter(cast.characters[chosen], answer);
}

function reload() {
  return attempt(text("loading"), readCast);
}

async function select(name) {
  keep({ ...place(), character: name });
  await attempt(text("running", { name }), async (signal) => {
    await readCharacter(name, signal);
    byId("character-heading").focus();
    return text("shown", { name });
  });
}

async function makeDefault() {
  const { directory } = cast;
  byId("make-default").disabled = true;
  await attempt(text("loading"), async (signal) => {
    const answer = await ask("v1/characters/reload", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ directory }),
      signal,
    });
    await readCast(signal);
    return text("madeDefault", { message: answer.message });
  });
  byId("make-default").disabled = false;
  if (document.activeElement === document.body) byId("make-default").focus(); // it had the focus until it was hidden
}

document.documentElement.lang = language;
document.title = `${text("title")} – unmuted`;
for (const marked of document.querySelectorAll("[data-text]")) marked.textContent = text(marked.dataset.text);
byId("place").addEventListener("submit", (event) => {
  event.preventDefault();
  keep({ ...place(), directory: byId("directory").value.trim() });
  reload();
});
byId("make-default").addEventListener("click", makeDefault);
addEventListener("hashchange", reload);
reload();
