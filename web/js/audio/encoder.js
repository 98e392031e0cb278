/** Sound to Opus packets, by the browser's encoder. What goes wrong costs the sound that was under way. */

import { readOpusHead } from './ogg_opus.js';

/**
 * At 48 kHz, although the server hears 24: it is the one rate that every browser's encoder has, and the only
 * one for which Chromium's OpusHead gives the pre-skip in the units of RFC 7845.
 */
export const ENCODER_RATE = 48000;
export const FRAME_SAMPLES = 960; // 20 ms, a packet

const LIBOPUS_PRE_SKIP = 312; // where the browser does not say: the look-ahead of every libopus so far
const MAX_WAITING = 250; // 5 s: the encoder stands still
const MAX_FAILURES = 5; // in a row, without one packet between them

export function encoderConfig() {
  return {
    codec: 'opus',
    sampleRate: ENCODER_RATE,
    numberOfChannels: 1,
    bitrate: 32000,
    opus: { frameDuration: 20000, application: 'voip', signal: 'voice', complexity: 5 },
  };
}

export class OpusEncoder {
  #onPacket;
  #onFailed;
  #encoder = null;
  #frames = 0;
  #preSkip = LIBOPUS_PRE_SKIP;
  #failures = 0;

  /** `onPacket(packet: Uint8Array, preSkip)`; `onFailed(error)`: it failed again and again, and is closed. */
  constructor({ onPacket, onFailed }) {
    this.#onPacket = onPacket;
    this.#onFailed = onFailed;
  }

  /** FRAME_SAMPLES samples at ENCODER_RATE. */
  encode(samples) {
    if (this.#failures >= MAX_FAILURES) return;
    if (this.#encoder !== null && this.#encoder.encodeQueueSize >= MAX_WAITING) this.restart();
    try {
      this.#encoder ??= this.#create();
      const data = new AudioData({
        format: 'f32-planar',
        sampleRate: ENCODER_RATE,
        numberOfChannels: 1,
        numberOfFrames: samples.length,
        timestamp: Math.round((this.#frames / ENCODER_RATE) * 1e6),
        data: samples,
      });
      this.#frames += samples.length;
      this.#encoder.encode(data);
      data.close();
    } catch (error) {
      this.#failed(this.#encoder, error);
    }
  }

  /** Drops what is being encoded; the next packet begins anew. */
  restart() {
    const encoder = this.#encoder;
    this.#encoder = null;
    if (encoder !== null && encoder.state !== 'closed') encoder.close();
  }

  close() {
    this.restart();
    this.#failures = MAX_FAILURES;
  }

  #create() {
    const encoder = new AudioEncoder({
      output: (chunk, metadata) => this.#take(encoder, chunk, metadata),
      error: (error) => this.#failed(encoder, error),
    });
    encoder.configure(encoderConfig());
    return encoder;
  }

  #take(encoder, chunk, metadata) {
    if (encoder !== this.#encoder) return; // of before a restart
    this.#failures = 0;
    const description = metadata?.decoderConfig?.description;
    if (description) this.#preSkip = readOpusHead(bytesOf(description))?.preSkip ?? LIBOPUS_PRE_SKIP;
    const packet = new Uint8Array(chunk.byteLength);
    chunk.copyTo(packet);
    this.#onPacket(packet, this.#preSkip);
  }

  #failed(encoder, error) {
    if (encoder !== this.#encoder) return;
    this.restart();
    if (++this.#failures >= MAX_FAILURES) this.#onFailed(error);
  }
}

function bytesOf(source) {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  return new Uint8Array(source);
}
