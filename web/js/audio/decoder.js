/**
 * Opus packets to sound, by the browser's decoder. What goes wrong costs the packets that were under way: the
 * next one gets a new decoder.
 *
 * Within a stream a decoder is never flushed nor reset, although both would be handy at the end of a reply:
 * packets are encoded as differences to those before, and one that was made after a loud sound is up to twice
 * as loud for a decoder that has not heard it.
 */

import { GRANULE_RATE } from './ogg_opus.js';

/** At this rate decoders of Opus give sound, whatever was encoded. */
const DECODER_RATE = 48000;

/** Packets that wait at the most: 5 s of 20 ms. More means that the decoder stands still. */
const MAX_WAITING = 250;

/** After so long a decoder that has not given a packet's sound is flushed, at the end of a reply. */
const HELD_BACK_MS = 200;

/** A packet's timestamp is its number in these steps: its sound has the same one. */
const TIMESTAMP_STEP = 20000; // µs

export function decoderConfig(channels = 1) {
  // Without `description` packets are raw Opus, and the pre-skip is ours to leave out. With it browsers differ.
  return { codec: 'opus', sampleRate: DECODER_RATE, numberOfChannels: channels };
}

export class OpusDecoder {
  #onSound;
  #onProblem;
  #decoder = null;
  #channels = 1;
  #toSkip = 0; // samples at GRANULE_RATE that come before the sound
  #fed = 0; // packets so far
  #done = 0; // of these, how many were given or are lost
  #wanted = 0; // the first one whose sound is wanted
  #waiting = []; // {number, resolve} of finished()

  /** `onSound(samples: Float32Array, rate)`: of one packet, to be used at once. `onProblem(message)`. */
  constructor({ onSound, onProblem }) {
    this.#onSound = onSound;
    this.#onProblem = onProblem;
  }

  /** A stream begins. Nothing of the one before is given any more. */
  begin({ channels, preSkip }) {
    this.#channels = channels;
    this.#toSkip = preSkip;
    this.#discard();
    this.#decoder = this.#create(); // now, so that the first packet needs not wait for it
  }

  decode(packet) {
    if (this.#decoder !== null && this.#decoder.decodeQueueSize >= MAX_WAITING) {
      this.#failed(this.#decoder, 'the decoder stands still');
    }
    this.#decoder ??= this.#create();
    const timestamp = this.#fed++ * TIMESTAMP_STEP;
    try {
      this.#decoder?.decode(new EncodedAudioChunk({ type: 'key', timestamp, data: packet }));
    } catch (error) {
      this.#failed(this.#decoder, error);
    }
  }

  /** The sound of the packets so far is not given any more. They are decoded, for those that follow. */
  drop() {
    this.#wanted = this.#fed;
  }

  /** Resolves when the sound of all packets so far was given, or is lost. */
  finished() {
    const number = this.#fed;
    if (this.#done >= number) return Promise.resolve();
    setTimeout(() => this.#flush(number), HELD_BACK_MS);
    return new Promise((resolve) => this.#waiting.push({ number, resolve }));
  }

  close() {
    this.#discard();
  }

  #create() {
    let decoder = null;
    try {
      decoder = new AudioDecoder({
        // One that was replaced may still give something: close() does not drop what is on its way already.
        output: (data) => this.#take(decoder, data),
        error: (error) => this.#failed(decoder, error),
      });
      decoder.configure(decoderConfig(this.#channels));
      return decoder;
    } catch (error) {
      this.#onProblem(String(error));
      return null;
    }
  }

  #discard() {
    const decoder = this.#decoder;
    this.#decoder = null;
    if (decoder !== null && decoder.state !== 'closed') decoder.close();
    this.#settle(this.#fed);
  }

  #take(decoder, data) {
    try {
      if (decoder !== this.#decoder) return;
      const number = Math.round(data.timestamp / TIMESTAMP_STEP);
      const samples = this.#withoutPreSkip(samplesOf(data), data.sampleRate);
      if (number >= this.#wanted && samples.length > 0) this.#onSound(samples, data.sampleRate);
      this.#settle(number + 1);
    } finally {
      data.close(); // it holds memory outside of the garbage collector's sight
    }
  }

  #withoutPreSkip(samples, rate) {
    const skipped = Math.min(samples.length, Math.round((this.#toSkip * rate) / GRANULE_RATE));
    this.#toSkip -= Math.round((skipped * GRANULE_RATE) / rate);
    return samples.subarray(skipped);
  }

  #failed(decoder, error) {
    if (decoder !== this.#decoder) return;
    // Browsers take decoders back that are idle, which costs nothing.
    const idle = error.name === 'QuotaExceededError' && this.#done >= this.#fed;
    if (!idle) this.#onProblem(String(error));
    this.#discard();
  }

  #settle(done) {
    this.#done = Math.max(this.#done, done);
    const settled = this.#waiting.filter(({ number }) => number <= this.#done);
    if (settled.length === 0) return;
    this.#waiting = this.#waiting.filter(({ number }) => number > this.#done);
    for (const { resolve } of settled) resolve();
  }

  /** For a decoder that holds back the sound of a packet until the next one comes. */
  async #flush(number) {
    if (this.#done >= number) return;
    try {
      await this.#decoder?.flush();
    } catch {
      return; // it was discarded, which settles
    }
    this.#settle(number);
  }
}

/** The first channel. */
function samplesOf(data) {
  const samples = new Float32Array(data.numberOfFrames);
  try {
    data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
    return samples;
  } catch (error) {
    return unconverted(data, error);
  }
}

/** Early WebCodecs convert no formats: there, what the decoder gives is read as it is. */
function unconverted(data, error) {
  const [type, planar] = data.format.split('-');
  const arrays = { f32: [Float32Array, 1], s16: [Int16Array, 32768] };
  if (!(type in arrays)) throw error;
  const [Type, scale] = arrays[type];
  const channels = planar === undefined ? data.numberOfChannels : 1;
  const all = new Type(data.numberOfFrames * channels);
  data.copyTo(all, { planeIndex: 0 });
  return Float32Array.from({ length: data.numberOfFrames }, (_, i) => all[i * channels] / scale);
}
