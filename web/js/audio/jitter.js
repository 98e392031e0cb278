/**
 * How much sound must be there before playing begins: little, for each millisecond of it is heard as latency;
 * but enough that what comes late does not tear a hole. Pure; all times in milliseconds.
 *
 * It grows at once by as much as sound came too late, and shrinks slowly: a hole is worse than 20 ms more.
 */

const SMALLEST_STEP_UP = 20;
const LARGEST_STEP_UP = 120; // one stall of the network is not the rule
const STEP_DOWN = 5;
const WINDOW = 5000; // of sound without a hole, for one step down
const SPARE = 20; // the margin that is left alone

export class JitterPolicy {
  #floor;
  #ceiling;
  #target;
  #targetAtStart; // of what plays: its margins were got with this one
  #lowest = Infinity;
  #seen = 0;

  constructor({ initial = 40, floor = 20, ceiling = 400 } = {}) {
    this.#floor = floor;
    this.#ceiling = ceiling;
    this.#target = initial;
    this.#targetAtStart = initial;
  }

  get target() {
    return this.#target;
  }

  /** Playing begins, or goes on after a hole. */
  started() {
    this.#targetAtStart = this.#target;
  }

  /** `duration` of sound came while `margin` was still to be played. */
  arrived(margin, duration) {
    // What the margin would have been, had playing begun with today's target.
    this.#lowest = Math.min(this.#lowest, margin - (this.#targetAtStart - this.#target));
    this.#seen += duration;
    if (this.#seen < WINDOW) return;
    const spare = this.#lowest - SPARE;
    if (spare > 0) this.#target = Math.max(this.#floor, this.#target - Math.min(STEP_DOWN, spare));
    this.#forget();
  }

  /** The sound that came next came `late`: for so long there was none. */
  underran(late) {
    const step = Math.min(LARGEST_STEP_UP, Math.max(SMALLEST_STEP_UP, late));
    this.#target = Math.min(this.#ceiling, this.#target + step);
    this.#forget();
  }

  #forget() {
    this.#lowest = Infinity;
    this.#seen = 0;
  }
}
