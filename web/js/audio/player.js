import { performanceTime } from './context.js';
import { OpusDecoder } from './decoder.js';
import { OpusStreamReader } from './ogg_opus.js';
import { Resampler } from './resampler.js';

const CHUNK_FRAMES = 2048; // of one message to the audio thread: a packet of 20 ms fits, up to 96 kHz
const MAX_AWAY = 1000; // chunks, 20 s mostly: the audio thread reads no messages while the system stops it

/**
 * Plays what a server says: Ogg Opus in, sound out at `output`.
 *
 *     const player = await Player.create(context);
 *     player.output.connect(context.destination);
 *     player.feed(bytes); … player.endTurn();
 *
 * Events:
 * - `started`: the first sound of a reply leaves for the loudspeaker; detail {time}: when, as
 *   performance.now() counts, with the delay of the output where the browser knows it.
 * - `drained`: nothing is left, because all was played or emptied. Follows each `started` once.
 * - `problem`: something could not be decoded, and was left out; detail {message}.
 *
 * For one thread, the page's. Nothing here throws for what a server sends.
 */
export class Player extends EventTarget {
  #context;
  #node;
  #decoder;
  #reader = new OpusStreamReader();
  #resampler = null;
  #resampledRate = 0;
  #chunks = []; // that came back from the audio thread
  #away = 0; // chunks that did not
  #epoch = 0; // since the last empty(): what is reported of an older one is about sound that is gone
  #sent = 0; // frames of this epoch
  #status = { played: 0, targetMs: 40, underruns: 0, level: 0 };
  #sounding = false;

  /** Rejects where the context has no AudioWorklet; audioSupport() says so before. */
  static async create(context) {
    await context.audioWorklet.addModule(new URL('./playback_worklet.js', import.meta.url));
    return new Player(context);
  }

  /** @private Use create(). */
  constructor(context) {
    super();
    this.#context = context;
    this.#node = new AudioWorkletNode(context, 'unmuted-playback', {
      numberOfInputs: 0,
      numberOfOutputs: 1,
      outputChannelCount: [1],
    });
    this.#node.port.onmessage = ({ data }) => this.#take(data);
    this.#node.onprocessorerror = () => this.#problem('the audio thread failed');
    this.#decoder = new OpusDecoder({
      onSound: (samples, rate) => this.#play(samples, rate),
      onProblem: (message) => this.#problem(message),
    });
  }

  /** To be connected to what plays it. */
  get output() {
    return this.#node;
  }

  /** Sound that was fed and not yet played; true to some 50 ms. */
  get bufferedMs() {
    return (Math.max(0, this.#sent - this.#status.played) / this.#context.sampleRate) * 1000;
  }

  /** How much the player waits for before it begins; grows and shrinks with the network (jitter.js). */
  get targetMs() {
    return this.#status.targetMs;
  }

  /** Holes within replies, for sound that came too late, so far. */
  get underruns() {
    return this.#status.underruns;
  }

  /** The peak of the last 50 ms or so, 0…1. */
  get level() {
    return this.#status.level;
  }

  /** What one `response.audio.delta` holds. */
  feed(bytes) {
    for (const { head, packet } of this.#reader.read(bytes)) {
      if (head) this.#decoder.begin(head);
      else this.#decoder.decode(packet);
    }
  }

  /** Silence, at once: all that waits is dropped, and so is what is being decoded. */
  empty() {
    this.#decoder.drop();
    this.#resampler?.reset();
    this.#epoch++;
    this.#sent = 0;
    this.#status.played = 0;
    this.#status.level = 0;
    this.#node.port.postMessage({ kind: 'empty', epoch: this.#epoch });
    this.#drained();
  }

  /** The server has said all of this reply: what is there is played out. */
  endTurn() {
    const epoch = this.#epoch;
    this.#decoder.finished().then(() => {
      if (epoch === this.#epoch) this.#node.port.postMessage({ kind: 'endTurn' });
    });
  }

  /** What comes now is of a new connection, whose headers come first. */
  reset() {
    this.empty();
    this.#reader = new OpusStreamReader();
  }

  /** For good. */
  close() {
    this.empty();
    this.#decoder.close();
    this.#node.port.postMessage({ kind: 'close' });
    this.#node.port.onmessage = null;
    this.#node.disconnect();
  }

  #play(samples, rate) {
    const sound = this.#resampled(samples, rate);
    for (let at = 0; at < sound.length; at += CHUNK_FRAMES) this.#send(sound.subarray(at, at + CHUNK_FRAMES));
  }

  #resampled(samples, rate) {
    if (rate !== this.#resampledRate) {
      this.#resampler = new Resampler(rate, this.#context.sampleRate);
      this.#resampledRate = rate;
    }
    return this.#resampler.process(samples);
  }

  #send(sound) {
    if (this.#away >= MAX_AWAY) {
      this.#problem('the audio thread stands still');
      return;
    }
    this.#away++;
    const samples = this.#chunks.pop() ?? new Float32Array(CHUNK_FRAMES);
    samples.set(sound);
    this.#sent += sound.length;
    const message = { kind: 'sound', samples, frames: sound.length };
    this.#node.port.postMessage(message, [samples.buffer]);
  }

  #take(message) {
    if (message.kind === 'returned') {
      this.#away--;
      this.#chunks.push(message.samples);
      return;
    }
    if (message.epoch !== this.#epoch) return;
    const { played, targetMs, underruns, level } = message;
    this.#status = { played, targetMs, underruns, level };
    if (message.kind === 'started') this.#started(message.frame);
    if (message.kind === 'drained') this.#drained();
  }

  #started(frame) {
    this.#sounding = true;
    const delay = this.#context.outputLatency || this.#context.baseLatency || 0; // Safari lacks the first
    const time = performanceTime(this.#context, frame / this.#context.sampleRate + delay);
    this.dispatchEvent(new CustomEvent('started', { detail: { time } }));
  }

  #drained() {
    if (!this.#sounding) return;
    this.#sounding = false;
    this.#status.level = 0;
    this.dispatchEvent(new Event('drained'));
  }

  #problem(message) {
    this.dispatchEvent(new CustomEvent('problem', { detail: { message } }));
  }
}
