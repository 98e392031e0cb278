import { byId, say } from './dom.js';
import { text } from './i18n.js';

const reasons = { 1001: 'draining', 1008: 'too-slow', 1013: 'full' }; // by close code

/// Says how it is with the connection and the server's services: in the pill at the top, and in a banner when something
/// is amiss. The seconds that run down are for the eye alone; a screen reader hears what has happened, once.
export class ConnectionBanner {
  #connection;
  #lost = null; // {code, retryAt}
  #trying = true;
  #health = () => '';

  constructor(connection) {
    this.#connection = connection;
    connection.addEventListener('lost', ({ detail }) => this.#set(detail, false));
    byId('banner-action').addEventListener('click', () => this.#retry());
    addEventListener('online', () => this.#retry());
    setInterval(() => this.#countDown(), 500);
    this.redraw();
  }

  /// The server has answered: it has room for this session. That there is a socket says less.
  connected() { this.#set(null, false); }

  /// Gives what to know of the services, in the present language; empty when there is nothing.
  set health(words) {
    this.#health = words;
    this.redraw();
  }

  redraw() {
    const state = this.#trying ? 'connecting' : this.#lost ? 'waiting' : 'open';
    byId('connection').dataset.state = state;
    say(byId('connection'), text(state));
    const words = this.#lost ? this.#lossInWords() : this.#health();
    byId('banner').hidden = words === '';
    byId('banner').dataset.level = this.#lost ? 'error' : 'warning';
    say(byId('banner-text'), words);
    byId('banner-action').hidden = this.#lost === null;
    byId('banner-action').textContent = text('retry');
    this.#countDown();
  }

  #lossInWords() {
    if (this.#lost.code === 1000) return text('ended');
    return navigator.onLine === false ? text('offline') : text(reasons[this.#lost.code] ?? 'lost');
  }

  #countDown() {
    const left = this.#lost && !this.#trying ? this.#lost.retryAt - performance.now() : 0;
    byId('banner-wait').textContent = left > 0 ? text('next-try', { seconds: Math.ceil(left / 1000) }) : '';
  }

  #retry() {
    if (this.#lost === null) return;
    this.#trying = true;
    this.#connection.retryNow();
    this.redraw();
  }

  #set(lost, trying) {
    this.#lost = lost;
    this.#trying = trying;
    this.redraw();
  }
}
