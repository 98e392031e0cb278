/** The audio thread's end of microphone.js. */

import { CaptureCore } from './capture_core.js';

class Capture extends AudioWorkletProcessor {
  #core;
  #open = true;

  constructor(options) {
    super();
    const { frames, buffers } = options.processorOptions;
    this.#core = new CaptureCore(frames, buffers, (message, transfer) =>
      this.port.postMessage(message, transfer),
    );
    this.port.onmessage = ({ data }) => {
      if (data.samples) this.#core.giveBack(data.samples);
      else this.#open = false;
    };
  }

  process(inputs) {
    this.#core.process(inputs[0][0], 128, currentFrame);
    return this.#open;
  }
}

registerProcessor('unmuted-capture', Capture);
