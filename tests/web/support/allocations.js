/**
 * Run by a test with --expose-gc: how many bytes the audio thread's classes allocate for a quantum, once they
 * are warm. Prints {playback, capture}.
 */
import { CaptureCore } from '../../../web/js/audio/capture_core.js';
import { PlaybackCore } from '../../../web/js/audio/playback_core.js';

const QUANTA = 100_000;
const ROUNDS = 6;
const RATE = 48000;
const QUANTUM = 128;

/**
 * Bytes a call of `work(i)`: the least of some rounds, for compiling allocates as well, at a time of its own.
 * Young garbage counts: within a round so little is collected at the most that it would show.
 */
function bytesACall(work) {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    global.gc();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < QUANTA; i++) work(i);
    least = Math.min(least, Math.abs(process.memoryUsage().heapUsed - before) / QUANTA);
  }
  return least;
}

let posted = 0;

function playback() {
  const core = new PlaybackCore(RATE, () => posted++);
  const output = new Float32Array(QUANTUM);
  const packet = new Float32Array(960).fill(0.5);
  let frame = 0;
  return bytesACall((i) => {
    // All that can happen: packets at their pace, holes, ends of replies, interruptions.
    if ((i * QUANTUM) % 960 < QUANTUM && i % 1000 > 100) core.append(packet);
    if (i % 5000 === 4000) core.endTurn();
    if (i % 7000 === 6000) core.empty(i);
    core.process(output, frame);
    frame += QUANTUM;
  });
}

function capture() {
  const core = new CaptureCore(480, 4, (message) => {
    posted++;
    core.giveBack(message.samples);
  });
  const input = new Float32Array(QUANTUM).fill(0.5);
  let frame = 0;
  return bytesACall((i) => {
    core.process(i % 100 === 0 ? undefined : input, QUANTUM, frame);
    frame += QUANTUM;
  });
}

console.log(JSON.stringify({ playback: playback(), capture: capture(), posted }));
