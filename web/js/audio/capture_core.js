/**
 * What the audio thread does for the microphone: gathers quanta into chunks. A plain class, so that tests can
 * drive it; capture_worklet.js puts it into an AudioWorkletProcessor.
 *
 * process() allocates nothing: chunks are a fixed number of buffers that travel to the page and come back.
 */

export class CaptureCore {
  #post;
  #frames;
  #free; // the buffers that are here
  #count; // of them
  #chunk; // that is being filled; null: all are on their way
  #filled = 0;
  #message = { samples: null, frame: 0 };
  #transfer = [null];

  /**
   * `frames` a chunk, `buffers` in all: while the page does nothing for as long as these last, nothing is
   * lost. `post(message, transfer)` takes {samples, frame} at once, for the object is used again: `frame` is
   * the context's after the chunk's last.
   */
  constructor(frames, buffers, post) {
    this.#post = post;
    this.#frames = frames;
    this.#free = new Array(buffers).fill(null);
    for (let i = 0; i < buffers; i++) this.#free[i] = new Float32Array(frames);
    this.#count = buffers;
    this.#chunk = this.#take();
  }

  /** A buffer is back. */
  giveBack(samples) {
    if (this.#count < this.#free.length) this.#free[this.#count++] = samples;
  }

  /**
   * One quantum of `length` frames that begins with the context's `frame`. `input` undefined: nothing is
   * connected, or no more, which is silence – a server's clock of what it hears goes by what it gets.
   */
  process(input, length, frame) {
    for (let i = 0; i < length; i++) {
      if (this.#chunk === null && (this.#chunk = this.#take()) === null) return;
      this.#chunk[this.#filled++] = input === undefined ? 0 : input[i];
      if (this.#filled === this.#frames) this.#send(frame + i + 1);
    }
  }

  #send(frame) {
    this.#message.samples = this.#chunk;
    this.#message.frame = frame;
    this.#transfer[0] = this.#chunk.buffer;
    this.#post(this.#message, this.#transfer);
    this.#filled = 0;
    this.#chunk = this.#take();
  }

  #take() {
    return this.#count === 0 ? null : this.#free[--this.#count];
  }
}
