import { byId, element, languageTag } from './dom.js';
import { seconds, text } from './i18n.js';

const nearEnd = 80; // px: who reads further up is not pulled down

/// Shows a Conversation's entries as they grow. Not a live region: words that come one by one would be read out as a
/// stammer; what is worth it is announced elsewhere, whole.
export class TranscriptView {
  #list = byId('entries');
  #scroller = byId('transcript');
  #shown = new Map(); // entry -> its element
  #follows = true; // new words: until the user scrolls up

  constructor() {
    this.#scroller.addEventListener('scroll', () => { this.#follows = this.#isAtEnd(); });
    new ResizeObserver(() => this.#follow()).observe(this.#scroller); // when something opens below it, for one
  }

  added(entry) {
    const item = element('li', { className: 'entry', data: { kind: entry.kind } });
    this.#shown.set(entry, item);
    this.#fill(entry, item);
    this.#list.append(item);
    byId('hello').hidden = true;
    this.#follow();
  }

  changed(entry) {
    const item = this.#shown.get(entry);
    if (!item) return; // so much came after it that it was removed
    this.#fill(entry, item);
    this.#follow();
  }

  removed(entry) {
    this.#shown.get(entry)?.remove();
    this.#shown.delete(entry);
  }

  /// In another language.
  redraw() {
    for (const [entry, item] of this.#shown) this.#fill(entry, item);
  }

  #fill(entry, item) {
    item.replaceChildren(...parts[entry.kind](entry));
    if (entry.level) item.dataset.level = entry.level;
    if (entry.state) item.dataset.state = entry.state;
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < nearEnd;
  }

  #follow() {
    if (this.#follows) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }
}

const parts = {
  user: (entry) => [who(text('you')), said(element('span', {}, entry.text))],

  reply: (entry) => {
    const name = entry.name || text('stand-in');
    const tag = languageTag(entry.language);
    const [, space, ahead] = entry.ahead.match(/^(\s*)([^]*)$/);
    const rest = entry.state === 'cut'
      ? element('del', { className: 'cut', title: text('cut-off') }, ahead)
      : element('span', { className: 'ahead' }, ahead);
    const words = said(element('span', { className: 'heard' }, entry.heard), space, ahead ? rest : null);
    if (tag) words.lang = tag;
    return [who(name, entry.delay === null ? null : text('delay', { seconds: seconds(entry.delay) })), words];
  },

  tool: (entry) => [
    who(text('tool', { name: entry.by || text('stand-in'), tool: entry.name })),
    element('code', {}, `${entry.name}(${compact(entry.arguments)}) → ${compact(entry.result)}`),
  ],

  note: (entry) => [element('p', {}, noteText(entry))],
};

function who(...texts) {
  return element('p', { className: 'who' }, ...texts.filter(Boolean).map((one) => element('span', {}, one)));
}

function said(...children) {
  return element('p', { className: 'said', dir: 'auto' }, ...children);
}

/// What a note says, in the present language.
export function noteText({ key, values, text: own }) {
  return own || (text(`note.${key}`, values) ?? key);
}

function compact(value) {
  const written = typeof value === 'string' ? value : JSON.stringify(value);
  return written.length > 400 ? `${written.slice(0, 400)}…` : written;
}
