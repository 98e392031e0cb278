class Recorder extends AudioWorkletProcessor {
  #samples = [];
  #frame = 0;

  process([input]) {
    if (this.#samples.length === 0) this.#frame = currentFrame;
    this.#samples.push(input.length > 0 ? input[0].slice() : new Float32Array(128));
    if (this.#samples.length === 8) {
      const samples = new Float32Array(1024);
      this.#samples.forEach((quantum, i) => samples.set(quantum, 128 * i));
      this.#samples = [];
      this.port.postMessage({ frame: this.#frame, samples }, [samples.buffer]);
    }
    return true;
  }
}
registerProcessor('test-recorder', Recorder);
