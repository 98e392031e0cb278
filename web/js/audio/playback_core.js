/**
 * What the audio thread does for the player: holds sound that was decoded until it is due, and says what it
 * does. A plain class, so that tests can drive it; playback_worklet.js puts it into an AudioWorkletProcessor.
 *
 * process() allocates nothing: a pause of the garbage collector on the audio thread is heard. Hence the ring of
 * fixed size, numbers that stay small integers, and one report object that is filled again and again.
 */

import { JitterPolicy } from './jitter.js';

const IDLE = 0; // no reply, or none of its sound yet
const FILLING = 1; // waiting for as much sound as the policy wants
const PLAYING = 2;

const RING_SECONDS = 10;
const REPORT_QUANTA = 16; // 43 ms at 48 kHz

export class PlaybackCore {
  #rate;
  #post;
  #policy;
  #ring;
  #at = 0; // where the next frame to be played stands in the ring
  #fill = 0; // frames in the ring
  #toDrop = 0; // of these, how many empty() gave up: they only fade out
  #toEnd = -1; // of these, how many belong to the reply that is complete; -1: none is
  #state = IDLE;
  #sounding = false; // `started` was reported, `drained` not yet
  #waited = 0; // frames for which FILLING had sound
  #starved = -1; // frames for which the reply under way had none; -1: it has not run out
  #fadeIn = false; // the next quantum
  #targetFrames = 0;
  #quanta = 0;
  #peak = new Float64Array(1); // not a number field: storing fractions in those may allocate
  #report = { kind: '', epoch: 0, frame: 0, played: 0, targetMs: 0, underruns: 0, level: 0 };

  /**
   * `rate`: of the context. `post(report)`: takes {kind, epoch, frame, played, targetMs, underruns, level} at
   * once, for the object is used again. Kinds: `started` and `drained` (in turns; not for what was emptied),
   * `status`. `played` counts frames since the epoch began, `frame` is the context's.
   */
  constructor(rate, post, policy = new JitterPolicy()) {
    this.#rate = rate;
    this.#post = post;
    this.#policy = policy;
    this.#ring = new Float32Array(Math.ceil(rate * RING_SECONDS));
    this.#adopt();
  }

  /** Frames that are to be played. */
  get buffered() {
    return this.#fill - this.#toDrop;
  }

  /**
   * The next sound. Where the ring is full – the context is suspended, say – the oldest makes room: whoever
   * comes back hears what is said now.
   */
  append(samples) {
    const overflow = this.#fill + samples.length - this.#ring.length;
    if (overflow > 0) this.#giveUp(Math.min(overflow, this.#fill));
    if (this.#state === PLAYING) this.#policy.arrived(this.#ms(this.#fill), this.#ms(samples.length));
    if (this.#state === IDLE) this.#enter(FILLING);
    this.#adopt();
    for (let i = Math.max(0, samples.length - this.#ring.length); i < samples.length; i++) {
      this.#ring[(this.#at + this.#fill) % this.#ring.length] = samples[i];
      this.#fill++;
    }
  }

  /** No more sound of this reply comes: what is there is played, however little. */
  endTurn() {
    if (this.#state !== IDLE) this.#toEnd = this.#fill;
  }

  /** Silence from the next quantum on, but for a fade in it. Reports are of `epoch` from now on. */
  empty(epoch) {
    if (this.#state === PLAYING) this.#toDrop = this.#fill;
    else this.#skip(this.#fill);
    this.#toEnd = -1;
    this.#starved = -1;
    this.#sounding = false;
    this.#report.epoch = epoch;
    this.#report.played = 0;
    this.#enter(IDLE);
  }

  /** Fills `output`, one quantum of one channel, that begins with the context's `frame`. */
  process(output, frame) {
    this.#report.frame = frame;
    let made = 0;
    if (this.#toDrop > 0) made = this.#fadeOut(output);
    else if (this.#state === FILLING) this.#fillUp(output.length);
    if (this.#state === PLAYING && made === 0) made = this.#play(output);
    output.fill(0, made);
    if (this.#state !== IDLE && ++this.#quanta >= REPORT_QUANTA) this.#status();
  }

  #fadeOut(output) {
    const frames = Math.min(output.length, this.#toDrop);
    this.#copy(output, frames);
    ramp(output, frames, 1, 0);
    this.#skip(this.#toDrop);
    this.#toDrop = 0;
    return frames;
  }

  #fillUp(frames) {
    if (this.#toEnd === 0) return this.#drained();
    if (this.#fill === 0) {
      if (this.#starved >= 0) this.#starved += frames;
      return;
    }
    const enough = this.#fill >= this.#targetFrames || this.#waited >= this.#targetFrames || this.#toEnd > 0;
    if (enough) this.#start();
    else this.#waited += frames;
  }

  #start() {
    if (this.#starved >= 0) {
      this.#report.underruns++;
      this.#policy.underran(this.#ms(this.#starved));
      this.#starved = -1;
      this.#adopt();
    }
    this.#policy.started();
    this.#enter(PLAYING);
    this.#fadeIn = true;
    if (this.#sounding) return;
    this.#sounding = true;
    this.#tell('started');
  }

  #play(output) {
    let frames = Math.min(output.length, this.#fill);
    if (this.#toEnd >= 0) frames = Math.min(frames, this.#toEnd);
    this.#copy(output, frames);
    // A reply ends in silence by itself; one that runs dry would click.
    const runsDry = this.#toEnd < 0 && frames === this.#fill;
    if (this.#fadeIn || runsDry) ramp(output, frames, this.#fadeIn ? 0 : 1, runsDry ? 0 : 1);
    this.#fadeIn = false;
    this.#skip(frames);
    this.#report.played += frames;
    if (this.#toEnd === 0) this.#drained();
    else if (this.#fill === 0) this.#runDry();
    return frames;
  }

  #runDry() {
    this.#enter(FILLING);
    this.#starved = 0;
  }

  #drained() {
    const sounding = this.#sounding;
    this.#sounding = false;
    this.#toEnd = -1;
    this.#starved = -1;
    this.#enter(this.#fill > 0 ? FILLING : IDLE); // the next reply may wait already
    if (this.#state === IDLE) this.#peak[0] = 0;
    if (sounding) this.#tell('drained');
  }

  #enter(state) {
    this.#state = state;
    this.#waited = 0;
  }

  #giveUp(frames) {
    this.#report.played += Math.max(0, frames - this.#toDrop); // what empty() gave up is of an older epoch
    this.#skip(frames);
  }

  #copy(output, frames) {
    const ring = this.#ring;
    let at = this.#at;
    let peak = this.#peak[0];
    for (let i = 0; i < frames; i++) {
      const sample = ring[at];
      output[i] = sample;
      if (sample > peak) peak = sample;
      else if (-sample > peak) peak = -sample;
      if (++at === ring.length) at = 0;
    }
    this.#peak[0] = peak;
  }

  #skip(frames) {
    this.#at = (this.#at + frames) % this.#ring.length;
    this.#fill -= frames;
    if (this.#toDrop > 0) this.#toDrop = Math.max(0, this.#toDrop - frames);
    if (this.#toEnd >= 0) this.#toEnd = Math.max(0, this.#toEnd - frames);
  }

  #adopt() {
    this.#report.targetMs = this.#policy.target;
    this.#targetFrames = Math.round((this.#policy.target / 1000) * this.#rate);
  }

  #ms(frames) {
    return (frames / this.#rate) * 1000;
  }

  #status() {
    this.#tell('status');
    this.#peak[0] = 0;
  }

  #tell(kind) {
    this.#quanta = 0;
    this.#report.kind = kind;
    this.#report.level = Math.min(1, this.#peak[0]);
    this.#post(this.#report);
  }
}

function ramp(output, frames, from, to) {
  for (let i = 0; i < frames; i++) output[i] *= from + ((to - from) * (i + 1)) / frames;
}
