import assert from 'node:assert/strict';
import test from 'node:test';

import { Playing, QUANTUM, RATE, serverPace } from '../support/playing.js';
import { random } from '../support/random.js';

const isSilent = (samples) => samples.every((sample) => sample === 0);
/** Whether no two samples that follow each other are further apart than a ramp of one quantum makes them. */
const hasNoClick = (samples) =>
  samples.every((sample, i) => i === 0 || Math.abs(sample - samples[i - 1]) < 0.02);

test('is silent without sound', () => {
  const playing = new Playing();
  playing.run(100);
  assert.ok(isSilent(playing.output));
  assert.deepEqual(playing.kinds(), []);
});

test('begins in the next quantum when the target is there', () => {
  const playing = new Playing();
  playing.run(20);
  playing.append(39);
  playing.quantum();
  assert.deepEqual(playing.kinds(), []);
  playing.append(1);
  const frame = playing.frame;
  assert.ok(!isSilent(playing.quantum()));
  assert.deepEqual(playing.kinds(), ['started']);
  assert.equal(playing.reports[0].frame, frame);
});

test('less than the target is not held back for longer than the target', () => {
  const playing = new Playing();
  playing.append(10);
  playing.run(37);
  assert.deepEqual(playing.kinds(), []);
  playing.run(10);
  assert.deepEqual(playing.kinds(), ['started']);
});

test('plays all of what came, once and in its order', () => {
  const playing = new Playing();
  const samples = Float32Array.from({ length: RATE / 2 }, (_, i) => Math.sin(i / 50) / 2);
  for (let at = 0; at < samples.length; at += 960) playing.core.append(samples.subarray(at, at + 960));
  playing.core.endTurn();
  playing.run(600);
  assert.deepEqual(playing.output.slice(QUANTUM, samples.length), [...samples.slice(QUANTUM)]);
  assert.ok(isSilent(playing.output.slice(samples.length)));
  assert.deepEqual(playing.kinds(), ['started', 'drained']);
  assert.equal(playing.reports[1].played, samples.length);
});

test('the end of a turn plays what is there, however little', () => {
  const playing = new Playing();
  playing.append(5);
  playing.core.endTurn();
  playing.quantum();
  assert.deepEqual(playing.kinds(), ['started']);
  playing.run(10);
  assert.deepEqual(playing.kinds(), ['started', 'drained']);
  assert.equal(playing.status.underruns, 0);
});

test('an end after all was played drains, and is no underrun', () => {
  const playing = new Playing();
  playing.append(80);
  playing.run(200);
  assert.deepEqual(playing.kinds(), ['started']);
  playing.core.endTurn();
  playing.quantum();
  assert.deepEqual(playing.kinds(), ['started', 'drained']);
  assert.equal(playing.status.underruns, 0);
});

test('a turn without sound reports nothing', () => {
  const playing = new Playing();
  playing.core.endTurn();
  playing.run(50);
  assert.deepEqual(playing.kinds(), []);
});

test('a reply that follows at once is a reply of its own', () => {
  const playing = new Playing();
  playing.append(80);
  playing.core.endTurn();
  playing.append(80);
  playing.run(300);
  assert.deepEqual(playing.kinds(), ['started', 'drained', 'started']);
});

test('a hole is counted when the sound goes on, makes the target grow, and does not click', () => {
  const playing = new Playing();
  playing.append(80);
  playing.run(150);
  assert.equal(playing.status.underruns, 0); // it may have been the end
  playing.append(80);
  playing.run(60);
  assert.equal(playing.status.underruns, 1);
  assert.ok(playing.status.targetMs > 105 && playing.status.targetMs < 115, `${playing.status.targetMs}`);
  assert.deepEqual(playing.kinds(), ['started']); // still the same reply
  playing.run(200);
  assert.ok(hasNoClick(playing.output));
});

test('empty is silent after one quantum that fades, at any moment', () => {
  const next = random(7);
  for (let round = 0; round < 300; round++) {
    const playing = new Playing();
    for (let i = next() % 6; i > 0; i--) {
      if (next() % 2) playing.append(next() % 100);
      if (next() % 4 === 0) playing.core.endTurn();
      playing.run(next() % 90);
    }
    playing.core.empty(1);
    const before = playing.output.length;
    playing.run(100);
    assert.ok(isSilent(playing.output.slice(before + QUANTUM)));
    assert.ok(hasNoClick(playing.output.slice(Math.max(0, before - 1))));
    assert.equal(playing.core.buffered, 0);
  }
});

test('what comes after empty is played, and nothing of before', () => {
  const next = random(8);
  for (let round = 0; round < 300; round++) {
    const playing = new Playing();
    for (let i = next() % 4; i > 0; i--) {
      playing.append(next() % 200, 0.9);
      playing.run(next() % 50);
    }
    playing.core.empty(1);
    if (next() % 2) playing.core.empty(2);
    if (next() % 2) playing.quantum();
    const before = playing.output.length;
    playing.append(50, 0.5);
    playing.core.endTurn();
    playing.run(100);
    const after = playing.output.slice(before + QUANTUM);
    assert.ok(after.every((sample) => sample <= 0.5));
    assert.ok(playing.output.filter((sample) => sample === 0.5).length >= 2400 - 2 * QUANTUM);
    assert.deepEqual(playing.kinds().slice(-2), ['started', 'drained']);
    assert.equal(playing.reports.at(-1).played, 2400);
  }
});

test('what was emptied is not reported, and what follows is of the new epoch', () => {
  const playing = new Playing();
  playing.append(200);
  playing.run(50);
  playing.core.empty(7);
  playing.run(300);
  assert.deepEqual(playing.kinds(), ['started']);
  playing.append(80);
  playing.run(10);
  assert.deepEqual(playing.kinds(), ['started', 'started']);
  assert.deepEqual(
    playing.reports.map(({ epoch }) => epoch),
    [0, 7],
  );
});

test('holds ten seconds while nothing is played, of which the oldest make room', () => {
  const playing = new Playing();
  for (let second = 1; second <= 25; second++) playing.append(1000, second / 100);
  assert.equal(playing.core.buffered, 10 * RATE);
  playing.core.endTurn();
  playing.run(11000);
  const heard = new Set(playing.output.slice(QUANTUM).filter((sample) => sample !== 0));
  assert.deepEqual([...heard], [...Float32Array.from({ length: 10 }, (_, i) => (16 + i) / 100)]);
  assert.equal(playing.status.played, 25 * RATE); // so that who counts knows that nothing is left
});

test('takes more at once than it holds', () => {
  const playing = new Playing();
  playing.append(12000, 0.25);
  playing.append(3000, 0.5);
  playing.core.endTurn();
  playing.run(10500);
  assert.equal(playing.output.filter((sample) => sample === 0.25).length, 7 * RATE - QUANTUM + 1); // but for a ramp
  assert.equal(playing.output.filter((sample) => sample === 0.5).length, 3 * RATE);
});

test('says how loud it is while it plays', () => {
  const playing = new Playing();
  playing.append(500, -0.7);
  playing.run(200);
  assert.ok(Math.abs(playing.status.level - 0.7) < 1e-6);
  playing.append(500, 3);
  playing.run(500);
  assert.equal(playing.status.level, 1);
});

test("a server's pace is played without a hole, from its first page on", () => {
  const playing = new Playing();
  playing.reply(serverPace(50));
  assert.equal(playing.reports[0].frame, 0);
  assert.equal(playing.status.underruns, 0);
});
