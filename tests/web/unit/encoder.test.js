import assert from 'node:assert/strict';
import test from 'node:test';

import { FRAME_SAMPLES, OpusEncoder } from '../../../web/js/audio/encoder.js';
import { writeOpusHead } from '../../../web/js/audio/ogg_opus.js';
import { installFakeCodecs } from '../support/fake_codecs.js';

const frame = new Float32Array(FRAME_SAMPLES);

function open() {
  const codecs = installFakeCodecs();
  const packets = [];
  const failures = [];
  const encoder = new OpusEncoder({
    onPacket: (packet, preSkip) => packets.push({ size: packet.length, preSkip }),
    onFailed: (error) => failures.push(error.name),
  });
  return { encoder, codecs, packets, failures };
}

/** What an encoder gives: a packet of that size, with what its metadata says in front of a stream. */
function give(codec, size, description) {
  const chunk = { byteLength: size, copyTo() {} };
  codec.output(chunk, description ? { decoderConfig: { description } } : undefined);
}

test('counts time in the samples that it got', () => {
  const { encoder, codecs } = open();
  for (let i = 0; i < 3; i++) encoder.encode(frame);
  assert.deepEqual(
    codecs[0].given.map(({ timestamp, numberOfFrames, sampleRate }) => [
      timestamp,
      numberOfFrames,
      sampleRate,
    ]),
    [
      [0, 960, 48000],
      [20000, 960, 48000],
      [40000, 960, 48000],
    ],
  );
});

test('takes the pre-skip from what the browser says, in whichever kind of buffer, else that of libopus', () => {
  const { encoder, codecs, packets } = open();
  const head = writeOpusHead({ preSkip: 777, rate: 48000 });
  encoder.encode(frame);
  give(codecs[0], 10);
  give(codecs[0], 11, head);
  give(codecs[0], 12);
  give(codecs[0], 13, writeOpusHead({ preSkip: 778, rate: 48000 }).buffer);
  give(codecs[0], 14, new Uint8Array(5));
  assert.deepEqual(packets, [
    { size: 10, preSkip: 312 },
    { size: 11, preSkip: 777 },
    { size: 12, preSkip: 777 },
    { size: 13, preSkip: 778 },
    { size: 14, preSkip: 312 },
  ]);
});

test('what was encoded before a restart is not given after it', () => {
  const { encoder, codecs, packets } = open();
  encoder.encode(frame);
  encoder.restart();
  give(codecs[0], 10);
  encoder.encode(frame);
  give(codecs[1], 20);
  assert.deepEqual(
    packets.map(({ size }) => size),
    [20],
  );
  assert.equal(codecs[0].state, 'closed');
});

test('is replaced when it fails or stands still, and gives up after five failures in a row', () => {
  const { encoder, codecs, packets, failures } = open();
  const fail = () => {
    encoder.encode(frame);
    codecs.at(-1).fail('EncodingError');
  };
  for (let i = 0; i < 4; i++) fail();
  encoder.encode(frame);
  give(codecs.at(-1), 30); // one that works: the count begins anew
  for (let i = 0; i < 4; i++) fail();
  assert.deepEqual([packets.length, failures.length], [1, 0]);
  encoder.encode(frame);
  codecs.at(-1).queued = 250;
  encoder.encode(frame);
  assert.equal(codecs.at(-1).given.length, 1); // another one
  codecs.at(-1).fail('EncodingError');
  assert.deepEqual(failures, ['EncodingError']);
  const before = codecs.length;
  encoder.encode(frame);
  assert.equal(codecs.length, before);
});

test('an encoder that the browser takes back is replaced', () => {
  const { encoder, codecs, packets } = open();
  encoder.encode(frame);
  codecs[0].fail('QuotaExceededError');
  encoder.encode(frame);
  give(codecs[1], 40);
  assert.equal(packets.length, 1);
});
