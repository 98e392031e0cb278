import assert from 'node:assert/strict';
import test from 'node:test';

import { VoiceMeter } from '../../../web/js/audio/voice_meter.js';
import { random } from '../support/random.js';

const CHUNK_MS = 10;
const next = random(11);
/** Noise with that effective value, in dB of full scale. */
const noise = (db, length = 480) =>
  Float32Array.from({ length }, () => (next() / 2 ** 30 - 1) * Math.sqrt(3) * 10 ** (db / 20));

/** How many chunks of `ms` are a voice. */
function voiced(meter, db, ms) {
  let count = 0;
  for (let at = 0; at < ms; at += CHUNK_MS) count += meter.hear(noise(db), CHUNK_MS) ? 1 : 0;
  return count;
}

test('measures the effective value and the peak', () => {
  const meter = new VoiceMeter();
  meter.hear(Float32Array.of(0.3, -0.4, 0, 0), CHUNK_MS);
  assert.ok(Math.abs(meter.rms - 0.25) < 1e-6);
  assert.ok(Math.abs(meter.peak - 0.4) < 1e-6);
  meter.hear(new Float32Array(0), CHUNK_MS);
  assert.equal(meter.rms, 0);
});

test('hears a voice over silence and over noise, and its end', () => {
  for (const background of [-120, -70, -45]) {
    const meter = new VoiceMeter();
    voiced(meter, background, 5000);
    assert.equal(voiced(meter, background, 1000), 0, `${background}`);
    assert.ok(voiced(meter, -20, 1000) >= 97, `${background}`);
    assert.equal(voiced(meter, background, 1000), 0, `${background}`);
  }
});

test('a click is no voice', () => {
  const meter = new VoiceMeter();
  voiced(meter, -70, 1000);
  assert.equal(voiced(meter, -10, 20), 0);
  assert.equal(voiced(meter, -70, 100), 0);
});

test('noise that sets in is taken for the room after a while', () => {
  const meter = new VoiceMeter();
  voiced(meter, -75, 1000);
  voiced(meter, -40, 15000);
  assert.equal(voiced(meter, -40, 1000), 0);
});

test('who speaks on and on with pauses between words stays a voice', () => {
  const meter = new VoiceMeter();
  voiced(meter, -60, 1000);
  for (let word = 0; word < 60; word++) {
    assert.ok(voiced(meter, -22, 300) >= 27);
    voiced(meter, -60, 80);
  }
});
