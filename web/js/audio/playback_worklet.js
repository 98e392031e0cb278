/** The audio thread's end of player.js. */

import { PlaybackCore } from './playback_core.js';

class Playback extends AudioWorkletProcessor {
  #core;
  #open = true;

  constructor() {
    super();
    this.#core = new PlaybackCore(sampleRate, (report) => this.port.postMessage(report));
    this.port.onmessage = ({ data }) => this.#take(data);
  }

  #take(message) {
    switch (message.kind) {
      case 'sound':
        this.#core.append(message.samples.subarray(0, message.frames));
        this.port.postMessage({ kind: 'returned', samples: message.samples }, [message.samples.buffer]);
        break;
      case 'endTurn':
        this.#core.endTurn();
        break;
      case 'empty':
        this.#core.empty(message.epoch);
        break;
      case 'close':
        this.#open = false;
    }
  }

  process(inputs, outputs) {
    this.#core.process(outputs[0][0], currentFrame);
    return this.#open;
  }
}

registerProcessor('unmuted-playback', Playback);
