import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

import { BEGINS_STREAM, PageReader, writePage } from '../../../web/js/audio/ogg.js';
import {
  OpusStreamReader,
  OpusStreamWriter,
  packetSamples,
  readOpusHead,
  writeOpusHead,
  writeOpusTags,
} from '../../../web/js/audio/ogg_opus.js';
import { random, randomBytes } from '../support/random.js';

const TOC_20_MS = 0x78; // one frame of 20 ms, mono
const packet = (size) => new Uint8Array(size).fill(TOC_20_MS);

function stream({ serial = 1, packets = 6, preSkip = 312 } = {}) {
  const writer = new OpusStreamWriter(serial);
  const pages = writer.begin({ preSkip, rate: 48000 });
  for (let i = 0; i < packets; i++) pages.push(writer.write(packet(40 + i)));
  return pages.filter((page) => page !== null);
}

const sizes = (items) => items.filter(({ packet }) => packet).map(({ packet }) => packet.length);
const readAll = (reader, pages) => pages.flatMap((page) => reader.read(page));

test('a stream begins with a head of 19 bytes and tags, each in one page', () => {
  const [head, tags] = stream().map((page) => new PageReader().read(page)[0]);
  assert.equal(head.flags, BEGINS_STREAM);
  assert.deepEqual([...head.lacing], [19]);
  assert.deepEqual(readOpusHead(head.body), { channels: 1, preSkip: 312 });
  assert.equal(tags.flags, 0);
  assert.deepEqual(tags.body, writeOpusTags('unmuted'));
  assert.deepEqual([head.sequence, tags.sequence], [0, 1]);
  assert.deepEqual([head.granule, tags.granule], [0, 0]);
});

test('a page has two packets of 20 ms, and counts them at 48 kHz', () => {
  const pages = stream({ packets: 7 }).map((page) => new PageReader().read(page)[0]);
  assert.equal(pages.length, 2 + 3); // the seventh waits
  pages.slice(2).forEach((page, i) => {
    assert.equal(page.lacing.length, 2);
    assert.equal(page.granule, 1920 * (i + 1));
    assert.equal(page.sequence, 2 + i);
    assert.equal(page.serial, 1);
  });
});

test('what was written is read', () => {
  const items = readAll(new OpusStreamReader(), stream());
  assert.deepEqual(items[0], { head: { channels: 1, preSkip: 312 } });
  assert.deepEqual(sizes(items), [40, 41, 42, 43, 44, 45]);
});

test('all pages at once are read as well as one by one', () => {
  assert.deepEqual(sizes(new OpusStreamReader().read(Buffer.concat(stream()))), [40, 41, 42, 43, 44, 45]);
});

test("reads a browser's two connections as the server does", async () => {
  const expected = { 'first-connection': [78 * 2, 3840], 'second-connection': [0, 3840] };
  for (const [name, [, preSkip]] of Object.entries(expected)) {
    const url = new URL(`../../corpus/browser/${name}.jsonl`, import.meta.url);
    const frames = (await readFile(url, 'utf8')).split('\n').filter((line) => line.includes('"audio"'));
    const bytes = frames.map((line) => new Uint8Array(Buffer.from(JSON.parse(line).audio, 'base64')));
    const items = readAll(new OpusStreamReader(), bytes);
    assert.deepEqual(
      items.filter(({ head }) => head),
      [{ head: { channels: 1, preSkip } }],
    );
    // As many samples as another decoder hears, at 24 kHz and less the pre-skip.
    const samples = items.reduce((sum, { packet }) => sum + (packet ? packetSamples(packet) : 0), 0);
    assert.equal((samples - preSkip) / 2, { 'first-connection': 71040, 'second-connection': 66720 }[name]);
  }
});

test('what comes before a head is left out, and so are other streams', () => {
  const reader = new OpusStreamReader();
  assert.deepEqual(readAll(reader, stream({ serial: 9 }).slice(2)), []);
  assert.deepEqual(sizes(readAll(reader, stream({ serial: 1, packets: 2 }))), [40, 41]);
  assert.deepEqual(readAll(reader, stream({ serial: 9 }).slice(2)), []);
});

test('a new head begins a new stream, in mid-stream as well', () => {
  const reader = new OpusStreamReader();
  readAll(reader, stream({ serial: 1, preSkip: 1 }));
  const items = readAll(reader, stream({ serial: 2, packets: 2, preSkip: 2 }));
  assert.deepEqual(items[0], { head: { channels: 1, preSkip: 2 } });
  assert.deepEqual(sizes(items), [40, 41]);
});

test('a stream of another codec is not played, nor one without tags lost', () => {
  const foreign = writePage({
    flags: BEGINS_STREAM,
    granule: 0,
    serial: 3,
    sequence: 0,
    packets: [new Uint8Array(30).fill(1)],
  });
  const reader = new OpusStreamReader();
  assert.deepEqual(readAll(reader, [foreign, ...stream({ serial: 3 }).slice(1)]), []);
  const [head, , ...sound] = stream({ serial: 4, packets: 4 });
  assert.deepEqual(sizes(readAll(reader, [head, ...sound])), [40, 41, 42, 43]);
});

test('heads that one decoder cannot play are none', () => {
  const head = writeOpusHead({ preSkip: 312, rate: 24000 });
  const changed = (at, value) => head.map((byte, i) => (i === at ? value : byte));
  assert.equal(readOpusHead(head.subarray(0, 18)), null);
  assert.equal(readOpusHead(changed(0, 0)), null);
  assert.equal(readOpusHead(changed(8, 16)), null); // another version
  assert.equal(readOpusHead(changed(9, 0)), null);
  assert.equal(readOpusHead(changed(9, 3)), null);
  assert.equal(readOpusHead(changed(18, 1)), null);
  assert.deepEqual(readOpusHead(changed(9, 2)), { channels: 2, preSkip: 312 });
});

test('knows how long packets of each configuration last', () => {
  const samples = (config, code, ...rest) => packetSamples(Uint8Array.of((config << 3) | code, ...rest));
  assert.deepEqual(
    [0, 1, 2, 3].map((config) => samples(config, 0)),
    [480, 960, 1920, 2880],
  );
  assert.deepEqual(
    [12, 13, 14, 15].map((config) => samples(config, 0)),
    [480, 960, 480, 960],
  );
  assert.deepEqual(
    [16, 17, 18, 19, 31].map((config) => samples(config, 0)),
    [120, 240, 480, 960, 960],
  );
  assert.equal(samples(31, 1), 1920);
  assert.equal(samples(31, 2), 1920);
  assert.equal(samples(31, 3, 6), 5760);
  assert.equal(samples(31, 3, 7), 0); // 140 ms
  assert.equal(samples(31, 3), 0);
  assert.equal(packetSamples(new Uint8Array(0)), 0);
});

test('throws for no bytes whatever', () => {
  const next = random(5);
  const valid = Buffer.concat(stream({ packets: 20 }));
  for (let round = 0; round < 500; round++) {
    const bytes = Uint8Array.from(valid);
    for (let i = next() % 8; i >= 0; i--) bytes[next() % bytes.length] = next() & 255;
    const cut = bytes.subarray(next() % 50, bytes.length - (next() % 50));
    const reader = new OpusStreamReader();
    for (const piece of [cut, randomBytes(next, 100), valid])
      for (const item of reader.read(piece)) assert.ok(item);
  }
});
