import assert from 'node:assert/strict';
import test from 'node:test';

import { JitterPolicy } from '../../../web/js/audio/jitter.js';
import { PAGE_MS, Playing, serverPace } from '../support/playing.js';
import { random } from '../support/random.js';

/** Plays as many replies of 5 s; gives the underruns of each. */
function play(playing, replies, arrivals) {
  return Array.from({ length: replies }, () => {
    const before = playing.status.underruns;
    playing.reply(arrivals());
    return playing.status.underruns - before;
  });
}
const pages = 5000 / PAGE_MS;
const sum = (values) => values.reduce((all, value) => all + value, 0);

test('begins with 40 ms', () => {
  assert.equal(new JitterPolicy().target, 40);
});

test('grows by as much as sound was late, within bounds', () => {
  const policy = new JitterPolicy();
  policy.underran(3);
  assert.equal(policy.target, 60);
  policy.underran(70);
  assert.equal(policy.target, 130);
  policy.underran(5000);
  assert.equal(policy.target, 250);
  for (let i = 0; i < 10; i++) policy.underran(500);
  assert.equal(policy.target, 400);
});

test('shrinks by 5 ms for 5 s with more margin than is needed, down to 20 ms', () => {
  const policy = new JitterPolicy();
  const calm = (margin) => {
    for (let ms = 0; ms < 5000; ms += 20) policy.arrived(margin, 20);
  };
  calm(100);
  assert.equal(policy.target, 35);
  calm(27); // of which 5 are as good as taken already: 2 are left over the 20 that stay
  assert.equal(policy.target, 33);
  calm(27);
  assert.equal(policy.target, 33);
  for (let i = 0; i < 50; i++) calm(1000);
  assert.equal(policy.target, 20);
});

test('one arrival without margin keeps the target', () => {
  const policy = new JitterPolicy();
  for (let ms = 0; ms < 5000; ms += 20) policy.arrived(ms === 2000 ? 10 : 200, 20);
  assert.equal(policy.target, 40);
});

test("late by less than the server's lead: no hole, and no wait", () => {
  const next = random(9);
  const playing = new Playing();
  const late = () => next() % 70;
  assert.equal(sum(play(playing, 20, () => serverPace(pages, (i) => (i < 2 ? 0 : late())))), 0);
  assert.ok(playing.status.targetMs <= 40);
});

test('without any lead, a network that is up to 100 ms late is learned within a few replies', () => {
  const next = random(10);
  const arrivals = () => {
    let last = 0;
    return Array.from({ length: pages }, (_, i) => (last = Math.max(last, i * PAGE_MS + (next() % 100))));
  };
  const playing = new Playing();
  const holes = play(playing, 30, arrivals);
  assert.ok(holes[0] > 0, 'the network is too good for this test');
  assert.ok(sum(holes.slice(0, 5)) <= 10, `${holes}`);
  assert.ok(sum(holes.slice(5)) <= 5, `${holes}`);
  assert.ok(playing.status.targetMs < 200, `${playing.status.targetMs}`);
});

test('a stall of a second costs one hole and is forgotten slowly', () => {
  const playing = new Playing();
  const stall = () => serverPace(pages, (i) => (i === 30 ? 1000 : 0));
  assert.deepEqual(play(playing, 1, stall), [1]);
  const after = playing.status.targetMs;
  assert.equal(after, 160);
  const calm = () => serverPace(pages);
  assert.equal(sum(play(playing, 10, calm)), 0);
  assert.ok(playing.status.targetMs < after && playing.status.targetMs >= after - 60);
  assert.equal(sum(play(playing, 60, calm)), 0);
  assert.ok(playing.status.targetMs <= 80, `${playing.status.targetMs}`);
});
