import { byId, element, languageTag } from './dom.js';
import { errorText, text } from './i18n.js';

const mostFindings = 50; // shown of one load

/// The cast as cards, and the directory that it comes from.
export class CastView {
  #characters = [];
  #active = null;
  #result = null; // {answer} or {error}: what the last load came to
  #timer = null;

  /// `choose(name)`: a card was pressed. `load(directory)`: another cast is wanted, `default` for the server's own.
  constructor({ choose, load }) {
    byId('cards').addEventListener('click', ({ target }) => {
      const card = target.closest('button');
      if (card) choose(card.value);
    });
    byId('directory-form').addEventListener('submit', (event) => {
      event.preventDefault();
      const directory = byId('directory').value.trim();
      if (directory) load(directory);
      else byId('directory').focus();
    });
    byId('load-default').addEventListener('click', () => load('default'));
  }

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
    const count = this.#characters.length;
    byId('cast-summary').textContent =
      count === 0 ? text('cast-empty') : text(count === 1 ? 'cast-summary.one' : 'cast-summary', { count });
    byId('cards').replaceChildren(...this.#characters.map((one) => element('li', {}, card(one))));
    this.activate(this.#active);
    this.#drawResult();
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
    this.#timer = setInterval(say, 1000);
  }

  /// What session.characters.reloaded says.
  loaded(answer) { this.#finish({ answer }); }
  /// A RequestError.
  failed(error) { this.#finish({ error }); }

  #finish(result) {
    clearInterval(this.#timer);
    this.#busy(false);
    this.#result = result;
    this.#drawResult();
  }

  #busy(is) {
    byId('load-progress').hidden = !is;
    for (const id of ['load', 'load-default']) byId(id).disabled = is;
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
    element('span', { className: 'name', attributes: { lang } }, name),
    comment ? element('span', { className: 'comment', attributes: { lang } }, comment) : null,
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
