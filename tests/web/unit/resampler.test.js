import assert from 'node:assert/strict';
import test from 'node:test';

import { Resampler } from '../../../web/js/audio/resampler.js';
import { random } from '../support/random.js';

const sine = (hertz, rate, length) =>
  Float32Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / rate));

function effective(samples) {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

/** What is left of `samples` without the sine of that frequency, of any phase and loudness. */
function withoutSine(samples, hertz, rate) {
  let [a, b] = [0, 0];
  samples.forEach((sample, i) => {
    a += (2 / samples.length) * sample * Math.sin((2 * Math.PI * hertz * i) / rate);
    b += (2 / samples.length) * sample * Math.cos((2 * Math.PI * hertz * i) / rate);
  });
  return samples.map((sample, i) => {
    const at = (2 * Math.PI * hertz * i) / rate;
    return sample - a * Math.sin(at) - b * Math.cos(at);
  });
}

for (const [from, to] of [
  [44100, 48000],
  [48000, 44100],
  [16000, 48000],
  [96000, 48000],
  [48000, 96000],
  [22050, 48000],
]) {
  test(`a tone keeps its loudness and stays alone: ${from} to ${to}`, () => {
    const output = new Resampler(from, to).process(sine(1000, from, from)).slice(to / 10, to / 10 + to / 2);
    assert.ok(Math.abs(effective(output) - Math.SQRT1_2) < 0.001, `${effective(output)}`);
    const rest = 20 * Math.log10(effective(withoutSine(output, 1000, to)) / Math.SQRT1_2);
    assert.ok(rest < -70, `${rest} dB`);
  });
}

test('what the lower rate cannot hold does not come back as another tone', () => {
  const output = new Resampler(96000, 48000).process(sine(30000, 96000, 96000)).slice(4800);
  assert.ok(effective(output) < 0.001, `${effective(output)}`);
});

test('the sound does not depend on the pieces, and nothing gets lost over time', () => {
  const next = random(6);
  const input = sine(440, 44100, 44100 * 3);
  const whole = new Resampler(44100, 48000).process(input);
  const resampler = new Resampler(44100, 48000);
  const pieces = [];
  for (let at = 0; at < input.length;) {
    const size = next() % 1000;
    pieces.push(...resampler.process(input.subarray(at, at + size)));
    at += size;
  }
  assert.deepEqual(Float32Array.from(pieces), whole);
  assert.ok(Math.abs(whole.length - 48000 * 3) <= 32, `${whole.length}`);
});

test('at equal rates nothing is touched', () => {
  const input = sine(440, 48000, 480);
  assert.equal(new Resampler(48000, 48000).process(input), input);
});

test('a reset forgets the sound before', () => {
  const resampler = new Resampler(44100, 48000);
  resampler.process(sine(440, 44100, 4410));
  resampler.reset();
  assert.equal(effective(resampler.process(new Float32Array(4410))), 0);
});
