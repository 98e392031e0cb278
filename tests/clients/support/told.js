import assert from 'node:assert/strict';

import { Rules } from './rules.js';

/** All that one client is told, in order, each event held to the rules as it comes; and how a test waits for it. */
export class Told {
  rules = new Rules();
  events = [];
  #faults = [];
  #next = 0;
  #allowed = new Set();
  #wanted = null;
  #end = null;

  add(event) {
    this.#faults.push(...this.rules.check(event));
    if (event.type === 'error' && !this.#allowed.has(event.error.code))
      this.#faults.push(`error: ${JSON.stringify(event.error)}`);
    this.events.push(event);
    this.#look();
  }

  /** The connection is over: nothing more comes. */
  close(why = 'the connection ended') {
    this.#end = why;
    this.#look();
  }

  /** Any other error is a fault, as it is for Pipecat, which ends. */
  allow(code) {
    this.#allowed.add(code);
  }

  /** The first event of a type, or that fits a condition, behind the one that this gave last. */
  next(wanted) {
    assert.equal(this.#wanted, null, 'one at a time');
    const fits = typeof wanted === 'string' ? (event) => event.type === wanted : wanted;
    return new Promise((resolve, reject) => {
      this.#wanted = { fits, resolve, reject, name: String(wanted) };
      this.#look();
    });
  }

  #look() {
    if (!this.#wanted) return;
    const { fits, resolve, reject, name } = this.#wanted;
    const at = this.events.findIndex((event, index) => index >= this.#next && fits(event));
    const why = this.#faults.length > 0 ? this.#faults.join('\n') : at < 0 && this.#end;
    if (why) reject(new Error(`${why}\nwhile waiting for ${name} after:\n${this.trace()}`));
    else if (at >= 0) resolve(this.events[at]);
    if (!why && at < 0) return;
    this.#wanted = null;
    if (!why) this.#next = at + 1;
  }

  all(type) {
    return this.events.filter((event) => event.type === type);
  }

  /** What is so far, for who reads why a test failed. */
  trace() {
    return this.events
      .filter(({ type }) => !type.endsWith('audio.delta'))
      .slice(-40)
      .map((event) => `  ${event.type} ${JSON.stringify({ ...event, type: undefined, event_id: undefined }).slice(0, 160)}`)
      .join('\n');
  }

  /** Nothing was wrong, and nothing is missing. */
  assertWhole() {
    assert.deepEqual([...this.#faults, ...this.rules.finish()], [], this.trace());
  }
}
