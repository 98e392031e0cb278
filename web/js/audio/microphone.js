import { performanceTime } from './context.js';
import { ENCODER_RATE, FRAME_SAMPLES, OpusEncoder } from './encoder.js';
import { OpusStreamWriter } from './ogg_opus.js';
import { Resampler } from './resampler.js';
import { missingForMicrophone } from './support.js';
import { VoiceMeter } from './voice_meter.js';

const CHUNKS_PER_SECOND = 100;
const BUFFERED_SECONDS = 3; // that the page may stand still for
const CHUNKS_A_LEVEL = 5; // 20 `level` events a second

/** Why there is no microphone: `code` is one of those that Microphone.open() lists. */
export class MicrophoneError extends Error {
  constructor(code, options) {
    super(`No microphone: ${code}`, options);
    this.name = 'MicrophoneError';
    this.code = code;
  }
}

const CODES = {
  NotAllowedError: 'not-allowed',
  SecurityError: 'not-allowed',
  NotFoundError: 'no-microphone',
  OverconstrainedError: 'no-microphone',
  NotReadableError: 'in-use',
  AbortError: 'in-use',
};

function failure(error) {
  if (error instanceof MicrophoneError) return error;
  return new MicrophoneError(CODES[error?.name] ?? 'failed', { cause: error });
}

async function openDevice(deviceId) {
  const audio = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const ask = (wish) => navigator.mediaDevices.getUserMedia({ audio: { ...audio, ...wish } });
  if (!deviceId) return ask({});
  try {
    return await ask({ deviceId: { exact: deviceId } }); // as a mere wish, Chromium may give another
  } catch (error) {
    if (error.name !== 'OverconstrainedError') throw error;
    return ask({}); // the device of last time is gone: another one is better than none
  }
}

/**
 * A microphone as a server wants it: Ogg Opus, mono, a page each 40 ms, from open() to stop() without a gap,
 * while the context runs.
 *
 * Events, from open() on, so that listeners are to be added before anything else is waited for:
 * - `page`: detail is a Uint8Array, exactly one page. The first two of a stream are its headers.
 * - `level`: 20 a second; detail {rms, peak}, 0…1.
 * - `ended`: the device is gone, the permission was taken back, or the encoder does not work any more; detail
 *   {code}: `device` or `encoder`. After `device`, pages with silence go on until stop(), so that the server
 *   notices the end of what was said.
 * - `devicechange`: the list of devices() has changed.
 */
export class Microphone extends EventTarget {
  #context;
  #stream;
  #source;
  #node;
  #inputDelayMs;
  #resampler;
  #encoder;
  #writer = null;
  #frame = new Float32Array(FRAME_SAMPLES); // the next packet's
  #filled = 0;
  #muted = false;
  #meter = new VoiceMeter();
  #rmsSquares = 0;
  #peak = 0;
  #chunks = 0;
  #lastVoiceAt = 0;
  #stopped = false;
  #onDeviceChange = () => this.dispatchEvent(new Event('devicechange'));

  /** {id, label} of each input; labels are empty until a microphone was allowed once. */
  static async devices() {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return all
      .filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== '')
      .map(({ deviceId, label }) => ({ id: deviceId, label }));
  }

  /**
   * Asks for the microphone, and sends from then on. Where the device with that id is gone, another is taken.
   * Rejects with a MicrophoneError: `insecure-context`, `no-media-devices`, `no-microphone`, `not-allowed`,
   * `in-use`, `no-opus-encoder`, `failed`.
   */
  static async open(context, { deviceId } = {}) {
    const missing = await missingForMicrophone();
    if (missing !== null) throw new MicrophoneError(missing === 'no-worklet' ? 'failed' : missing);
    let stream = null;
    try {
      stream = await openDevice(deviceId);
      await context.audioWorklet.addModule(new URL('./capture_worklet.js', import.meta.url));
      return new Microphone(context, stream);
    } catch (error) {
      stream?.getTracks().forEach((track) => track.stop());
      throw failure(error);
    }
  }

  /** @private Use open(). */
  constructor(context, stream) {
    super();
    this.#context = context;
    this.#stream = stream;
    this.#resampler = new Resampler(context.sampleRate, ENCODER_RATE);
    this.#encoder = new OpusEncoder({
      onPacket: (packet, preSkip) => this.#write(packet, preSkip),
      onFailed: () => this.#ended('encoder'),
    });
    const [track] = stream.getAudioTracks();
    this.#inputDelayMs = (track.getSettings().latency ?? 0) * 1000;
    track.addEventListener('ended', () => this.#ended('device'));
    navigator.mediaDevices.addEventListener('devicechange', this.#onDeviceChange);
    this.#connect();
  }

  get muted() {
    return this.#muted;
  }

  /** While muted, digital silence is sent: the server's clock goes by what it hears. */
  set muted(muted) {
    this.#muted = Boolean(muted);
  }

  /** When the last voice was heard, as performance.now() counts; 0: none yet. */
  get lastVoiceAt() {
    return this.#lastVoiceAt;
  }

  /** The id of the device that was given. */
  get deviceId() {
    return this.#stream.getAudioTracks()[0].getSettings().deviceId;
  }

  /** The next page begins a new stream, for a new connection. What was not sent yet is dropped. */
  restartStream() {
    this.#encoder.restart();
    this.#writer = null;
    this.#filled = 0;
  }

  /** Gives the device back. No event follows. */
  stop() {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#node.port.onmessage = null;
    this.#node.port.postMessage({});
    this.#source.disconnect();
    this.#node.disconnect();
    this.#encoder.close();
    this.#stream.getTracks().forEach((track) => track.stop());
    navigator.mediaDevices.removeEventListener('devicechange', this.#onDeviceChange);
  }

  #connect() {
    const { sampleRate } = this.#context;
    this.#source = this.#context.createMediaStreamSource(this.#stream);
    this.#node = new AudioWorkletNode(this.#context, 'unmuted-capture', {
      channelCount: 1,
      channelCountMode: 'explicit', // two channels of a device that knows no mono are mixed
      processorOptions: {
        frames: Math.round(sampleRate / CHUNKS_PER_SECOND),
        buffers: BUFFERED_SECONDS * CHUNKS_PER_SECOND,
      },
    });
    this.#node.port.onmessage = ({ data }) => this.#hear(data);
    this.#source.connect(this.#node);
    // Silence, for the node writes nothing: browsers run what leads to the destination, and not all run more.
    this.#node.connect(this.#context.destination);
  }

  #hear({ samples, frame }) {
    if (this.#muted) samples.fill(0);
    this.#measure(samples, frame);
    const sound = this.#resampler.process(samples);
    for (let at = 0; at < sound.length;) {
      const part = sound.subarray(at, at + FRAME_SAMPLES - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < FRAME_SAMPLES) continue;
      this.#encoder.encode(this.#frame);
      this.#filled = 0;
    }
    this.#node.port.postMessage({ samples }, [samples.buffer]);
  }

  #measure(samples, frame) {
    if (this.#meter.hear(samples, 1000 / CHUNKS_PER_SECOND)) {
      this.#lastVoiceAt =
        performanceTime(this.#context, frame / this.#context.sampleRate) - this.#inputDelayMs;
    }
    this.#rmsSquares += this.#meter.rms ** 2;
    this.#peak = Math.max(this.#peak, this.#meter.peak);
    if (++this.#chunks < CHUNKS_A_LEVEL) return;
    const detail = { rms: Math.sqrt(this.#rmsSquares / this.#chunks), peak: Math.min(1, this.#peak) };
    this.#rmsSquares = 0;
    this.#peak = 0;
    this.#chunks = 0;
    this.dispatchEvent(new CustomEvent('level', { detail }));
  }

  #write(packet, preSkip) {
    if (this.#writer === null) {
      const [serial] = crypto.getRandomValues(new Uint32Array(1));
      this.#writer = new OpusStreamWriter(serial);
      for (const page of this.#writer.begin({ preSkip, rate: this.#context.sampleRate })) this.#send(page);
    }
    const page = this.#writer.write(packet);
    if (page !== null) this.#send(page);
  }

  #send(page) {
    this.dispatchEvent(new CustomEvent('page', { detail: page }));
  }

  #ended(code) {
    if (!this.#stopped) this.dispatchEvent(new CustomEvent('ended', { detail: { code } }));
  }
}
