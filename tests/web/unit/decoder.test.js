import assert from 'node:assert/strict';
import test from 'node:test';

import { OpusDecoder } from '../../../web/js/audio/decoder.js';
import { installFakeCodecs, soundOf } from '../support/fake_codecs.js';

const packet = new Uint8Array(3);

function open({ preSkip = 0, packets = 0 } = {}) {
  const codecs = installFakeCodecs();
  const heard = [];
  const problems = [];
  const decoder = new OpusDecoder({
    onSound: (samples, rate) => heard.push({ samples: [...samples], rate }),
    onProblem: (message) => problems.push(message),
  });
  decoder.begin({ channels: 1, preSkip });
  for (let i = 0; i < packets; i++) decoder.decode(packet);
  return { decoder, codecs, heard, problems };
}

/** Whether the promise is settled once all that is due now has run. */
async function isSettled(promise) {
  let settled = false;
  promise.then(() => (settled = true));
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

/** What setTimeout() is told until the end of the test, which alone calls it. */
function heldTimers(t) {
  const held = [];
  t.mock.method(globalThis, 'setTimeout', (callback) => held.push(callback));
  return held;
}

test('gives the sound of each packet, and its memory back', () => {
  const { codecs, heard } = open({ packets: 2 });
  const sound = codecs[0].give(0, soundOf({ samples: Float32Array.of(1, 2, 3) }));
  assert.deepEqual(heard, [{ samples: [1, 2, 3], rate: 48000 }]);
  assert.ok(sound.closed);
});

test('leaves out the pre-skip, over packets, at any rate of the decoder', () => {
  const { codecs, heard } = open({ preSkip: 8, packets: 3 });
  const samples = Float32Array.of(1, 2, 3);
  for (let i = 0; i < 3; i++) codecs[0].give(i, soundOf({ samples, rate: 24000 }));
  assert.deepEqual(
    heard.map(({ samples }) => samples),
    [
      [2, 3],
      [1, 2, 3],
    ],
  );
});

test('what was dropped is decoded all the same, and not given', () => {
  const { decoder, codecs, heard } = open({ packets: 2 });
  codecs[0].give(0);
  decoder.drop();
  decoder.decode(packet);
  codecs[0].give(1);
  assert.equal(heard.length, 1);
  codecs[0].give(2);
  assert.equal(heard.length, 2);
  assert.equal(codecs.length, 1);
});

test('what an older stream gives late is not heard, but given back', () => {
  const { decoder, codecs, heard } = open({ packets: 2 });
  decoder.begin({ channels: 1, preSkip: 0 });
  assert.equal(codecs[0].state, 'closed');
  assert.ok(codecs[0].give(0).closed);
  assert.equal(heard.length, 0);
});

test('is finished when the sound of all packets until then was given', async () => {
  const { decoder, codecs } = open({ packets: 2 });
  const finished = decoder.finished();
  decoder.decode(packet); // of the next reply
  codecs[0].give(0);
  assert.equal(await isSettled(finished), false);
  codecs[0].give(1);
  assert.equal(await isSettled(finished), true);
  assert.equal(await isSettled(decoder.finished()), false);
  codecs[0].give(2);
  assert.equal(await isSettled(decoder.finished()), true);
});

test('a decoder that holds sound back is flushed at the end', async (t) => {
  const timers = heldTimers(t);
  const { decoder, codecs, heard } = open({ packets: 2 });
  codecs[0].give(0);
  const finished = decoder.finished();
  for (const due of timers) due();
  assert.equal(codecs[0].flushes.length, 1);
  codecs[0].give(1);
  codecs[0].flushes[0].resolve();
  await finished;
  assert.equal(heard.length, 2);
});

test('one that gives all in time is not flushed', async (t) => {
  const timers = heldTimers(t);
  const { decoder, codecs } = open({ packets: 1 });
  const finished = decoder.finished();
  codecs[0].give(0);
  decoder.decode(packet);
  for (const due of timers) due();
  await finished;
  assert.equal(codecs[0].flushes.length, 0);
});

test('an error costs what was under way, is told once, and ends no waiting in silence', async () => {
  const { decoder, codecs, heard, problems } = open({ packets: 3 });
  const finished = decoder.finished();
  codecs[0].give(0);
  codecs[0].fail('EncodingError');
  await finished;
  assert.equal(problems.length, 1);
  decoder.decode(packet);
  assert.equal(codecs.length, 2);
  codecs[1].give(0);
  assert.equal(heard.length, 2);
});

test('an idle decoder that the browser takes back is no problem', () => {
  const { decoder, codecs, heard, problems } = open({ packets: 1 });
  codecs[0].give(0);
  codecs[0].fail('QuotaExceededError');
  assert.deepEqual(problems, []);
  decoder.decode(packet);
  codecs[1].give(0);
  assert.equal(heard.length, 2);
  decoder.decode(packet);
  codecs[1].fail('QuotaExceededError');
  assert.equal(problems.length, 1); // here a packet was lost
});

test('a decoder that stands still is replaced', () => {
  const { decoder, codecs, problems } = open({ packets: 1 });
  codecs[0].queued = 250;
  decoder.decode(packet);
  assert.equal(problems.length, 1);
  assert.equal(codecs[0].state, 'closed');
  assert.equal(codecs[1].given.length, 1);
});

test('a browser without decoders costs the sound, and throws nothing', async () => {
  const { decoder, problems } = open();
  decoder.close();
  delete globalThis.AudioDecoder;
  decoder.decode(packet);
  assert.equal(problems.length, 1);
  await decoder.finished();
});

test('reads the first channel of decoders that convert no formats', () => {
  const samples = new Float32Array(2);
  for (const [format, raw, expected] of [
    ['f32', Float32Array.of(0.5, 9, -0.25, 9), [0.5, -0.25]],
    ['f32-planar', Float32Array.of(0.5, -0.25), [0.5, -0.25]],
    ['s16', Int16Array.of(16384, 9, -8192, 9), [0.5, -0.25]],
  ]) {
    const { codecs, heard } = open({ packets: 1 });
    codecs[0].give(0, soundOf({ samples, format, raw }));
    assert.deepEqual(heard[0].samples, expected, format);
  }
});
