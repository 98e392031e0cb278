const CHUNK_FRAMES = 1024;

class Recorder extends AudioWorkletProcessor {
  #samples = new Float32Array(CHUNK_FRAMES);
  #begin = -1;

  // Each quantum goes where its time is: while a graph is being connected, some are left out.
  process([input]) {
    if (this.#begin >= 0 && currentFrame >= this.#begin + CHUNK_FRAMES) this.#send();
    if (this.#begin < 0) this.#begin = currentFrame;
    if (input.length > 0) this.#samples.set(input[0], currentFrame - this.#begin);
    return true;
  }

  #send() {
    this.port.postMessage({ frame: this.#begin, samples: this.#samples }, [this.#samples.buffer]);
    this.#samples = new Float32Array(CHUNK_FRAMES);
    this.#begin = -1;
  }
}
registerProcessor('test-recorder', Recorder);
