/**
 * Runs in the page before its own scripts, and so uses nothing from around it: what is connected to a context's
 * destination goes to a recorder as well. `window.soundRecorder` has what was heard; harness.js reads it.
 * `workletSource`: the text of recorder_worklet.js.
 */
export function installRecorder(workletSource) {
  const workletUrl = URL.createObjectURL(new Blob([workletSource], { type: 'text/javascript' }));
  const connect = AudioNode.prototype.connect;
  const disconnect = AudioNode.prototype.disconnect;
  const taps = new WeakMap();
  const recordings = [];

  function tapOf(context) {
    if (!taps.has(context)) taps.set(context, openTap(context));
    return taps.get(context);
  }

  function openTap(context) {
    const tap = new GainNode(context);
    const recording = {
      context,
      rate: context.sampleRate,
      begin: -1,
      end: 0,
      chunks: [],
      failed: null,
      ready: null,
    };
    recordings.push(recording);
    if (!context.audioWorklet) return tap; // the page came over plain HTTP: then it is silent
    recording.ready = context.audioWorklet.addModule(workletUrl).then(
      () => record(context, tap, recording),
      (error) => (recording.failed = String(error)),
    );
    return tap;
  }

  function record(context, tap, recording) {
    const recorder = new AudioWorkletNode(context, 'test-recorder', {
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    recorder.port.onmessage = ({ data }) => {
      if (recording.begin < 0) recording.begin = data.frame;
      else if (recording.end < data.frame)
        recording.chunks.push(new Float32Array(data.frame - recording.end));
      recording.chunks.push(data.samples);
      recording.end = data.frame + data.samples.length;
    };
    connect.call(tap, recorder);
    connect.call(recorder, context.destination); // writes nothing: so that it runs
  }

  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) connect.call(this, tapOf(target.context));
    return connect.call(this, target, ...rest);
  };
  AudioNode.prototype.disconnect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) disconnect.call(this, tapOf(target.context));
    return disconnect.call(this, ...(target === undefined ? [] : [target, ...rest]));
  };

  // From the begin of each context on: the module takes some ms to load.
  const Original = window.AudioContext;
  window.AudioContext = class AudioContext extends Original {
    constructor(...options) {
      super(...options);
      tapOf(this);
    }
  };

  window.soundRecorder = {
    recordings,
    ready: () => Promise.all(recordings.map(({ ready }) => ready)),
    /** Of the context opened as number `index`, up to now: {rate, begin, failed, samples}. */
    async read(index = 0) {
      const recording = recordings[index];
      const { context, rate, failed, chunks } = recording;
      const now = Math.floor(context.currentTime * rate);
      while (failed === null && context.state === 'running' && recording.end < now) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const { begin } = recording;
      const samples = new Float32Array(chunks.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const chunk of chunks) {
        samples.set(chunk, at);
        at += chunk.length;
      }
      return { rate, begin, failed, samples };
    },
  };
}
