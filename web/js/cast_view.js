import { byId, element, languageTag } from './dom.js';
import { errorText, text } from './i18n.js';

const mostFindings = 50; // shown of one load

/// The cast as cards, and the directory that it comes from.
export class CastView {
  #characters = null; // nothing is known yet
  #active = null;
  #result = null; // {answer} or {error}: what the last load came to
  #timer = null; // while a load is under way

  /// `choose(name)`: a card was pressed. `load(directory)`: another cast is wanted, `default` for the server's own.
  constructor({ choose, load }) {
    const wish = (directory) => { if (!this.isLoading) load(directory); };
    byId('cards').addEventListener('click', ({ target }) => {
      const card = target.closest('button');
      if (card) choose(card.value);
    });
    byId('directory-form').addEventListener('submit', (event) => {
      event.preventDefault();
      const directory = byId('directory').value.trim();
      if (directory) wish(directory);
      else byId('directory').focus();
    });
    byId('load-default').addEventListener('click', () => wish('default'));
  }

  get isLoading() { return this.#timer !== null; }

  show(characters, active) {
    this.#characters = characters;
    this.#active = active;
    this.redraw();
  }

  activate(name) {
    this.#active = name;
    for (const card of byId('cards').querySelectorAll('button')) {
      card.setAttribute('aria-pressed', String(card.value === name));
    }
  }

  /// In another language, too.
  redraw() {
    if (this.#characters) {
      const count = this.#characters.length;
      byId('cast-summary').textContent =
        count === 0 ? text('cast-empty') : text(count === 1 ? 'cast-summary.one' : 'cast-summary', { count });
      this.#drawCards();
    }
    this.#drawResult();
  }

  /// The focus stays on the character that has it.
  #drawCards() {
    const focused = byId('cards').contains(document.activeElement) ? document.activeElement.value : null;
    byId('cards').replaceChildren(...this.#characters.map((one) => element('li', {}, card(one))));
    this.activate(this.#active);
    if (focused === null) return;
    [...byId('cards').querySelectorAll('button')].find(({ value }) => value === focused)?.focus({ preventScroll: true });
  }

  /// A load is under way: says for how long, until loaded() or failed().
  loading(now = () => performance.now()) {
    const begun = now();
    const say = () => {
      const seconds = Math.floor((now() - begun) / 1000);
      byId('load-seconds').textContent = seconds > 0 ? text('seconds', { seconds }) : '';
    };
    this.#result = null;
    this.#drawResult();
    this.#busy(true);
    say();
    clearInterval(this.#timer);
    this.#timer = setInterval(say, 1000);
  }

  /// What session.characters.reloaded says.
  loaded(answer) { this.#finish({ answer }); }
  /// A RequestError.
  failed(error) {
    byId('directory-panel').open = true; // whoever began anew has not opened it
    this.#finish({ error });
  }

  #finish(result) {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#busy(false);
    this.#result = result;
    this.#drawResult();
  }

  /// Not `disabled`: whoever has pressed a button with the keyboard keeps it.
  #busy(is) {
    byId('load-progress').hidden = !is;
    for (const id of ['load', 'load-default', 'anew']) byId(id).setAttribute('aria-disabled', String(is));
  }

  #drawResult() {
    const place = byId('load-result');
    place.hidden = this.#result === null;
    if (this.#result?.answer) place.replaceChildren(...success(this.#result.answer));
    if (this.#result?.error) place.replaceChildren(...failure(this.#result.error));
  }
}

function card({ name, comment, language, tags }) {
  const marks = [language, ...(tags ?? [])].filter(Boolean).map((one) => element('span', { className: 'tag' }, one));
  const lang = languageTag(language);
  return element(
    'button', { type: 'button', className: 'card', value: name, attributes: { 'aria-pressed': 'false' } },
    element('span', { className: 'name', dir: 'auto', attributes: { lang } }, name),
    comment ? element('span', { className: 'comment', dir: 'auto', title: comment, attributes: { lang } }, comment) : null,
    marks.length ? element('span', { className: 'tags' }, ...marks) : null,
  );
}

function success(answer) {
  const { loaded_count: loaded, total_files: total, directory, errors, warnings } = answer;
  return [
    element('p', { attributes: { role: 'status' } }, text('loaded', { loaded, total, directory })),
    findings(errors, warnings),
  ];
}

function failure(error) {
  return [
    element('p', { className: 'finding', data: { level: 'error' }, attributes: { role: 'alert' } },
      `${errorText(error)} ${text('not-loaded')}`),
    findings(Array.isArray(error.details) ? error.details : [], []),
  ];
}

function findings(errors, warnings) {
  const all = [...errors.map((one) => ({ ...one, level: 'error' })), ...warnings.map((one) => ({ ...one, level: 'warning' }))];
  const shown = all.slice(0, mostFindings).map(finding);
  if (all.length > mostFindings) {
    shown.push(element('li', { className: 'quiet' }, text('problems-more', { count: all.length - mostFindings })));
  }
  return element('ul', { className: 'findings', attributes: { role: 'list' } }, ...shown);
}

function finding({ level, file, line, code, message }) {
  const hint = text(`hint.${code}`);
  return element(
    'li', { className: 'finding', data: { level } },
    element('p', {}, element('span', { className: 'path' }, line > 0 ? text('where', { file, line }) : file), ` · ${code}`),
    element('p', {}, message),
    hint ? element('p', { className: 'hint' }, hint) : null,
  );
}
