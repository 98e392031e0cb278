import assert from 'node:assert/strict';
import test from 'node:test';

import { CaptureCore } from '../../../web/js/audio/capture_core.js';

const QUANTUM = 128;

/** Runs quanta that count up through `run`; `sent` has copies of what is posted. */
function capture(frames, buffers) {
  const sent = [];
  const core = new CaptureCore(frames, buffers, ({ samples, frame }, transfer) => {
    assert.equal(transfer[0], samples.buffer);
    sent.push({ samples, values: [...samples], frame });
  });
  let at = 0;
  const run = (quanta, input = (i) => i) => {
    for (; quanta > 0; quanta--, at += QUANTUM) {
      const samples = input && Float32Array.from({ length: QUANTUM }, (_, i) => input(at + i));
      core.process(samples ?? undefined, QUANTUM, at);
    }
  };
  return { core, sent, run };
}

test('gathers quanta into chunks without a gap, whatever their length', () => {
  for (const frames of [441, 480, 100, 128]) {
    const { core, sent, run } = capture(frames, 3);
    for (let i = 0; i < 100; i++) {
      const before = sent.length;
      run(1);
      for (const { samples } of sent.slice(before)) core.giveBack(samples);
    }
    assert.equal(sent.length, Math.floor((100 * QUANTUM) / frames));
    sent.forEach(({ values, frame }, i) => {
      assert.equal(frame, (i + 1) * frames);
      assert.deepEqual(
        values,
        Array.from({ length: frames }, (_, j) => i * frames + j),
      );
    });
  }
});

test('nothing connected is silence, and time goes on', () => {
  const { sent, run } = capture(128, 5);
  run(2);
  run(2, null);
  assert.deepEqual(
    sent.map(({ frame }) => frame),
    [128, 256, 384, 512],
  );
  assert.ok(sent[3].values.every((sample) => sample === 0));
});

test('goes on when buffers come back after all were away', () => {
  const { core, sent, run } = capture(128, 3);
  run(10);
  assert.equal(sent.length, 3);
  core.giveBack(sent[0].samples);
  run(2);
  assert.equal(sent.length, 4);
  assert.equal(sent[3].frame, 11 * QUANTUM);
  assert.equal(sent[3].values[0], 10 * QUANTUM);
});

test('keeps no more buffers than it made', () => {
  const { core, sent, run } = capture(128, 2);
  for (let i = 0; i < 10; i++) core.giveBack(new Float32Array(128));
  run(10);
  assert.equal(sent.length, 3); // the one being filled, and two
});
