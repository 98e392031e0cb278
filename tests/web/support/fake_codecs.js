/** WebCodecs for node: what they are told is noted, and what they say is up to the test. */

class FakeCodec {
  static all = [];
  state = 'unconfigured';
  given = []; // what was passed to decode() or encode()
  flushes = [];

  constructor({ output, error }) {
    this.output = output;
    this.fail = (name) => {
      this.state = 'closed';
      error(Object.assign(new Error(name), { name }));
    };
    FakeCodec.all.push(this);
  }

  get decodeQueueSize() {
    return this.queued ?? 0;
  }

  get encodeQueueSize() {
    return this.queued ?? 0;
  }

  configure() {
    this.state = 'configured';
  }

  decode(chunk) {
    this.given.push(chunk);
  }

  encode(data) {
    this.given.push(data);
  }

  flush() {
    return new Promise((resolve, reject) => this.flushes.push({ resolve, reject }));
  }

  close() {
    this.state = 'closed';
    for (const { reject } of this.flushes) reject(new Error('AbortError'));
  }

  /** The sound of the packet given as number `index`. */
  give(index, sound = soundOf({})) {
    sound.timestamp = this.given[index].timestamp;
    this.output(sound);
    return sound;
  }
}

/** An AudioData with those samples in its first channel; `closed` says whether it was given back. */
export function soundOf({ samples = new Float32Array(960), rate = 48000, format = 'f32-planar', raw } = {}) {
  return {
    numberOfFrames: samples.length,
    numberOfChannels: raw ? raw.length / samples.length : 1,
    sampleRate: rate,
    format,
    closed: false,
    copyTo(target, { format: wanted } = {}) {
      if (raw && wanted) throw new DOMException('converts no formats', 'NotSupportedError');
      target.set(raw ?? samples);
    },
    close() {
      this.closed = true;
    },
  };
}

/** Puts them in place; gives the list of all codecs that are made from now on. */
export function installFakeCodecs() {
  FakeCodec.all = [];
  class Record {
    constructor(fields) {
      Object.assign(this, fields);
    }
    close() {}
  }
  const classes = { AudioDecoder: FakeCodec, AudioEncoder: FakeCodec };
  Object.assign(globalThis, classes, { EncodedAudioChunk: Record, AudioData: Record });
  return FakeCodec.all;
}
