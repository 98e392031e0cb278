/** Drives a PlaybackCore as an audio thread would, at 48 kHz, with the page's messages at the times given. */
import { PlaybackCore } from '../../../web/js/audio/playback_core.js';

export const RATE = 48000;
export const QUANTUM = 128;
export const PAGE_MS = 80;

export class Playing {
  reports = []; // those that are not just the state of things
  status = { played: 0, targetMs: 0, underruns: 0, level: 0 };
  output = []; // every sample that was played
  frame = 0;

  constructor(...policy) {
    this.core = new PlaybackCore(RATE, (report) => this.#note({ ...report }), ...policy);
  }

  get ms() {
    return (this.frame / RATE) * 1000;
  }

  /** Sound of that length: constant, so that holes and ramps show. */
  append(ms, value = 0.5) {
    this.core.append(new Float32Array(Math.round((ms / 1000) * RATE)).fill(value));
  }

  /** A page, in the packets that a decoder makes of it. */
  appendPage(value) {
    for (let i = 0; i < 4; i++) this.append(PAGE_MS / 4, value);
  }

  run(ms) {
    for (const end = this.ms + ms; this.ms < end;) this.quantum();
  }

  /** Runs one quantum, and gives it. */
  quantum() {
    const output = new Float32Array(QUANTUM).fill(9); // what must be written over
    this.core.process(output, this.frame);
    this.frame += QUANTUM;
    this.output.push(...output);
    return output;
  }

  /** A reply whose pages come at those times, after now; runs until it is played. */
  reply(arrivals) {
    const begin = this.ms;
    for (const arrival of [...arrivals].sort((a, b) => a - b)) {
      this.run(begin + arrival - this.ms);
      this.appendPage();
    }
    this.core.endTurn();
    this.run(this.core.buffered / (RATE / 1000) + 100);
  }

  kinds() {
    return this.reports.map(({ kind }) => kind);
  }

  #note(report) {
    this.status = report;
    if (report.kind !== 'status') this.reports.push(report);
  }
}

/** When the server sends each of `pages`: 160 ms of sound ahead of what is to be heard. */
export function serverPace(pages, late = () => 0) {
  let last = 0; // a later page does not overtake: it is one connection
  return Array.from(
    { length: pages },
    (_, i) => (last = Math.max(last, Math.max(0, i - 1) * PAGE_MS + late(i))),
  );
}
