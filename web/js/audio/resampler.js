/**
 * From one sample rate to another, by windowed sines in as many phases as the rates' ratio has (44,100 to
 * 48,000: 160). Pure.
 */

const HALF_WIDTH = 16; // input samples on either side at equal rates: 0.3 ms of delay, and some 80 dB
const KAISER_BETA = 8;

const gcd = (a, b) => (b === 0 ? a : gcd(b, a % b));

function bessel0(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-9; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function windowed(distance, cutoff, half) {
  const edge = distance / half;
  if (Math.abs(edge) >= 1) return 0;
  const x = Math.PI * cutoff * distance;
  const sine = Math.abs(x) < 1e-9 ? 1 : Math.sin(x) / x;
  return (cutoff * sine * bessel0(KAISER_BETA * Math.sqrt(1 - edge * edge))) / bessel0(KAISER_BETA);
}

export class Resampler {
  #up;
  #down;
  #taps;
  #phases; // #up rows of #taps coefficients
  #history; // what the next output samples still need of the input before
  #phase = 0;

  constructor(from, to) {
    const divisor = gcd(from, to);
    this.#up = to / divisor;
    this.#down = from / divisor;
    if (this.#up === this.#down) return;
    const cutoff = 0.95 * Math.min(1, to / from);
    const half = Math.ceil(HALF_WIDTH / Math.min(1, to / from));
    this.#taps = 2 * half;
    this.#phases = new Float32Array(this.#up * this.#taps);
    for (let phase = 0; phase < this.#up; phase++) this.#fillPhase(phase, cutoff, half);
    this.reset();
  }

  #fillPhase(phase, cutoff, half) {
    const row = phase * this.#taps;
    let sum = 0;
    for (let tap = 0; tap < this.#taps; tap++) {
      const value = windowed(tap - half + 1 - phase / this.#up, cutoff, half);
      this.#phases[row + tap] = value;
      sum += value;
    }
    for (let tap = 0; tap < this.#taps; tap++) this.#phases[row + tap] /= sum; // the same gain in each phase
  }

  /** Forgets the sound before. */
  reset() {
    if (this.#up === this.#down) return;
    this.#history = new Float32Array(this.#taps - 1);
    this.#phase = 0;
  }

  /** The samples that `input` makes complete. At equal rates `input` itself. */
  process(input) {
    if (this.#up === this.#down) return input;
    const all = new Float32Array(this.#history.length + input.length);
    all.set(this.#history);
    all.set(input, this.#history.length);
    const output = new Float32Array(Math.ceil((all.length * this.#up) / this.#down) + 1);
    let made = 0;
    let at = 0;
    while (at + this.#taps <= all.length) {
      const row = this.#phase * this.#taps;
      let sum = 0;
      for (let tap = 0; tap < this.#taps; tap++) sum += this.#phases[row + tap] * all[at + tap];
      output[made++] = sum;
      this.#phase += this.#down;
      at += Math.floor(this.#phase / this.#up);
      this.#phase %= this.#up;
    }
    this.#history = all.slice(at);
    return output.subarray(0, made);
  }
}
