/**
 * Opus packets to sound, by the browser's decoder. What goes wrong costs the packets that were under way: the
 * next one gets a new decoder.
 */

/** At this rate decoders of Opus give sound, whatever was encoded. */
export const DECODER_RATE = 48000;

/** Packets that wait at the most: 5 s of 20 ms. More means that the decoder stands still. */
const MAX_WAITING = 250;

export function decoderConfig(channels = 1) {
  // Without `description` packets are raw Opus, and the pre-skip is ours to leave out: with it, browsers differ.
  return { codec: 'opus', sampleRate: DECODER_RATE, numberOfChannels: channels };
}

export class OpusDecoder {
  #onSound;
  #onProblem;
  #decoder = null;
  #channels = 1;
  #packets = 0;

  /** `onSound(samples: Float32Array, rate)`: of one packet, to be used at once. `onProblem(message)`. */
  constructor({ onSound, onProblem }) {
    this.#onSound = onSound;
    this.#onProblem = onProblem;
  }

  /** Drops all that waits and is being decoded; nothing of it is given any more. */
  restart(channels = this.#channels) {
    this.#channels = channels;
    this.#discard();
    // Now rather than with the next packet, which then needs not wait for it.
    this.#decoder = this.#create();
  }

  decode(packet) {
    if (this.#decoder === null) this.#decoder = this.#create();
    if (this.#decoder === null) return;
    if (this.#decoder.decodeQueueSize >= MAX_WAITING) {
      this.#onProblem('the decoder stands still');
      this.restart();
    }
    try {
      const timestamp = this.#packets++ * 20000; // µs; decoders only want it to grow
      this.#decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp, data: packet }));
    } catch (error) {
      this.#failed(this.#decoder, error);
    }
  }

  /** Resolves when the sound of all packets so far was given, or is lost. */
  async flush() {
    try {
      await this.#decoder?.flush();
    } catch {
      // it was restarted, or has failed, which is told where that happens
    }
  }

  close() {
    this.#discard();
  }

  #create() {
    let decoder = null;
    try {
      decoder = new AudioDecoder({
        // A decoder that was replaced may still give what it had: close() drops what waits, but not what is on
        // its way already.
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
  }

  #take(decoder, data) {
    try {
      if (decoder === this.#decoder) this.#onSound(samplesOf(data), data.sampleRate);
    } finally {
      data.close(); // it holds memory outside of the garbage collector's sight
    }
  }

  #failed(decoder, error) {
    if (decoder !== this.#decoder) return;
    this.#onProblem(String(error));
    this.#discard();
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
