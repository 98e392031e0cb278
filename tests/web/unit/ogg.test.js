import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

import {
  CONTINUED,
  ENDS_STREAM,
  MAX_PACKET_BYTES,
  PacketReader,
  PageReader,
  lacingOf,
  pageChecksum,
  writePage,
  writeSegments,
} from '../../../web/js/audio/ogg.js';
import { random, randomBytes } from '../support/random.js';

/** The frames' pages of a browser's recording, as bytes each. */
async function capturedPages(name) {
  const text = await readFile(new URL(`../../corpus/browser/${name}.jsonl`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === 'input_audio_buffer.append')
    .map(({ audio }) => new Uint8Array(Buffer.from(audio, 'base64')));
}

/** A stream's pages from packets of any size, which go on from page to page, with so many segments each. */
function pagesOf(packets, segments, serial = 7) {
  const lacing = lacingOf(packets);
  const bytes = new Uint8Array(Buffer.concat(packets));
  const pages = [];
  let at = 0;
  for (let i = 0; i < lacing.length; i += segments) {
    const part = lacing.slice(i, i + segments);
    const length = part.reduce((sum, size) => sum + size, 0);
    const flags = i > 0 && lacing[i - 1] === 255 ? CONTINUED : 0;
    const sequence = pages.length;
    const parts = [bytes.subarray(at, at + length)];
    pages.push(writeSegments({ flags, granule: 0, serial, sequence, lacing: part, parts }));
    at += length;
  }
  return pages;
}

function inPieces(bytes, next, largest) {
  const pieces = [];
  for (let at = 0; at < bytes.length;) {
    const size = 1 + (next() % largest);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const joined = (pages) => new Uint8Array(Buffer.concat(pages));
const packetsOf = (pages) => {
  const reader = new PacketReader();
  return pages.flatMap((page) => reader.read(page));
};

test('reads each page a browser sent, and the writer makes the same bytes of it', async () => {
  for (const name of ['first-connection', 'second-connection']) {
    const frames = await capturedPages(name);
    assert.ok(frames.length > 60);
    const pages = new PageReader().read(joined(frames));
    assert.equal(pages.length, frames.length);
    pages.forEach((page, i) => {
      const again = writeSegments({ ...page, lacing: [...page.lacing], parts: [page.body] });
      assert.deepEqual(again, frames[i]);
    });
  }
});

test('gives the position of a page without a packet as -1', async () => {
  const pages = new PageReader().read(joined(await capturedPages('second-connection')));
  const last = pages.find(({ flags }) => flags & ENDS_STREAM);
  assert.equal(last.granule, -1);
  assert.equal(last.lacing.length, 0);
});

test('reads the same packets in pieces of any size', () => {
  const next = random(1);
  for (let round = 0; round < 100; round++) {
    const packets = Array.from({ length: 1 + (next() % 20) }, () => {
      const size = [0, 1, 254, 255, 256, 510, next() % 2000][next() % 7];
      return randomBytes(next, size);
    });
    const pages = pagesOf(packets, 1 + (next() % 255));
    const reader = new PageReader();
    const read = inPieces(joined(pages), next, 1 + (next() % 900)).flatMap((piece) => reader.read(piece));
    assert.equal(read.length, pages.length);
    assert.deepEqual(packetsOf(read), packets);
  }
});

test('finds the pages among garbage', () => {
  const next = random(2);
  for (let round = 0; round < 100; round++) {
    const pages = pagesOf([randomBytes(next, 300), randomBytes(next, 90), randomBytes(next, 700)], 2);
    const bytes = joined(pages.flatMap((page) => [garbage(next), page]));
    const reader = new PageReader();
    const read = [...inPieces(bytes, next, 400), garbage(next)].flatMap((piece) => reader.read(piece));
    assert.equal(read.length, pages.length);
  }
});

/** With what looks like the begin of a page, in every other piece. */
function garbage(next) {
  const bytes = randomBytes(next, next() % 60);
  return next() % 2 ? bytes : joined([bytes, Buffer.from('OggS\0'), randomBytes(next, next() % 60)]);
}

test('leaves out a page with a wrong bit, and no other', () => {
  const next = random(3);
  const pages = pagesOf([randomBytes(next, 200), randomBytes(next, 200), randomBytes(next, 200)], 1);
  for (let round = 0; round < 300; round++) {
    const bytes = joined(pages);
    const bit = next() % (pages[1].length * 8);
    bytes[pages[0].length + (bit >> 3)] ^= 1 << (bit & 7);
    assert.deepEqual(
      new PageReader().read(bytes).map(({ sequence }) => sequence),
      [0, 2],
    );
  }
});

test('a page that was cut off does not hold up those behind it', () => {
  const next = random(4);
  const long = writePage({ granule: 0, serial: 1, sequence: 0, packets: [randomBytes(next, 60000)] });
  const short = writePage({ granule: 0, serial: 1, sequence: 1, packets: [randomBytes(next, 60)] });
  const reader = new PageReader();
  assert.equal(reader.read(long.subarray(0, 1000)).length, 0);
  assert.equal(reader.read(short).length, 1);
});

test('goes on after any number of pages that were cut off', () => {
  const reader = new PageReader();
  const claim = writePage({ granule: 0, serial: 1, sequence: 0, packets: [new Uint8Array(65024)] }).subarray(
    0,
    300,
  );
  const page = writePage({ granule: 0, serial: 1, sequence: 1, packets: [new Uint8Array(9)] });
  for (let i = 0; i < 300; i++) assert.equal(reader.read(claim).length, 0);
  assert.equal(reader.read(page).length, 1);
});

test('a lost page costs only the packets that it cuts', () => {
  const packets = [10, 600, 20, 600, 30].map((size, i) => new Uint8Array(size).fill(i));
  const pages = new PageReader().read(joined(pagesOf(packets, 2)));
  for (let lost = 0; lost < pages.length; lost++) {
    const left = packetsOf(pages.filter((_, i) => i !== lost));
    for (const packet of left) assert.ok(packets.some((whole) => Buffer.compare(whole, packet) === 0));
    assert.ok(left.length >= packets.length - 2);
  }
});

test('a page that comes twice counts once', () => {
  const pages = new PageReader().read(joined(pagesOf([new Uint8Array(5), new Uint8Array(6)], 1)));
  assert.equal(packetsOf([pages[0], pages[0], pages[1], pages[1]]).length, 2);
});

test('leaves out a packet that is longer than any of Opus, and keeps nothing of it', () => {
  const packets = [new Uint8Array(MAX_PACKET_BYTES), new Uint8Array(MAX_PACKET_BYTES + 1), new Uint8Array(3)];
  const read = packetsOf(new PageReader().read(joined(pagesOf(packets, 200))));
  assert.deepEqual(
    read.map(({ length }) => length),
    [MAX_PACKET_BYTES, 3],
  );
});

test('a page has 255 segments at the most', () => {
  const fits = Array.from({ length: 255 }, () => new Uint8Array(1));
  const page = writePage({ granule: 255, serial: 0xffffffff, sequence: 3, packets: fits });
  assert.equal(new DataView(page.buffer).getUint32(22, true), pageChecksum(page));
  assert.equal(new PageReader().read(page)[0].serial, 0xffffffff);
  assert.throws(
    () => writePage({ granule: 0, serial: 0, sequence: 0, packets: [...fits, fits[0]] }),
    RangeError,
  );
});
