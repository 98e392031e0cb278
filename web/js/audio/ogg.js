/**
 * Ogg (RFC 3533), as far as one logical stream over a WebSocket needs it: pages out of bytes, packets out of
 * pages, and a page from packets. Pure: no browser, no codec.
 */

const HEADER_BYTES = 27;
const MAX_PAGE_BYTES = HEADER_BYTES + 255 + 255 * 255;

/** Flags of a page. */
export const CONTINUED = 1;
export const BEGINS_STREAM = 2;
export const ENDS_STREAM = 4;

/** A packet longer than this is no Opus, and is left out: the server's limit too. */
export const MAX_PACKET_BYTES = 61440;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24;
  for (let bit = 0; bit < 8; bit++) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  return sum >>> 0;
});

/** The checksum of a page, whose own field (bytes 22 to 25) counts as zeros. */
export function pageChecksum(page) {
  let sum = 0;
  for (let at = 0; at < page.length; at++) {
    const byte = at >= 22 && at < 26 ? 0 : page[at];
    sum = (sum << 8) ^ CRC_TABLE[(sum >>> 24) ^ byte];
  }
  return sum >>> 0;
}

function isMark(bytes, at) {
  return bytes[at] === 0x4f && bytes[at + 1] === 0x67 && bytes[at + 2] === 0x67 && bytes[at + 3] === 0x53;
}

/** How long the page is that seems to begin at `at`; Infinity: its head is not whole; 0: it is none. */
function claimedLength(bytes, at) {
  const left = bytes.length - at;
  if (left > 4 && bytes[at + 4] !== 0) return 0; // the version
  if (left < HEADER_BYTES) return Infinity;
  const segments = bytes[at + 26];
  if (left < HEADER_BYTES + segments) return Infinity;
  let length = HEADER_BYTES + segments;
  for (let i = 0; i < segments; i++) length += bytes[at + HEADER_BYTES + i];
  return length;
}

function parsePage(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const segments = bytes[26];
  return {
    flags: bytes[5],
    granule: Number(view.getBigInt64(6, true)), // -1: no packet ends in the page
    serial: view.getUint32(14, true),
    sequence: view.getUint32(18, true),
    lacing: bytes.subarray(HEADER_BYTES, HEADER_BYTES + segments),
    body: bytes.subarray(HEADER_BYTES + segments),
  };
}

function isIntact(page) {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  return view.getUint32(22, true) === pageChecksum(page);
}

/** Finds the pages in bytes that come in pieces of any size, whatever else is among them. Keeps one page. */
export class PageReader {
  #rest = new Uint8Array(0);

  /** The pages that are whole now: {flags, granule, serial, sequence, lacing, body}. */
  read(bytes) {
    const all = this.#joined(bytes);
    const pages = [];
    let keepFrom = -1; // where a page begins whose end has not come
    let at = 0;
    while (at < all.length) {
      if (!this.#mayBegin(all, at)) {
        at++;
        continue;
      }
      const length = claimedLength(all, at);
      if (length <= all.length - at && length > 0 && isIntact(all.subarray(at, at + length))) {
        pages.push(parsePage(all.slice(at, at + length)));
        keepFrom = -1; // what seemed to begin before was cut off: its rest does not come any more
        at += length;
      } else {
        // Goes on behind a page that is not whole as well: a page that was cut off must not hold up those
        // that follow it until as many bytes have come as it claimed.
        if (length > all.length - at && keepFrom < 0) keepFrom = at;
        at++;
      }
    }
    this.#rest =
      keepFrom < 0 ? new Uint8Array(0) : all.slice(Math.max(keepFrom, all.length - MAX_PAGE_BYTES));
    return pages;
  }

  #joined(bytes) {
    if (this.#rest.length === 0) return bytes;
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    return all;
  }

  #mayBegin(bytes, at) {
    if (bytes[at] !== 0x4f) return false;
    if (bytes.length - at >= 4) return isMark(bytes, at);
    for (let i = 1; at + i < bytes.length; i++)
      if (bytes[at + i] !== [0x4f, 0x67, 0x67, 0x53][i]) return false;
    return true;
  }
}

/** Joins the packets of one logical stream, also those that go on over pages. */
export class PacketReader {
  #sequence = -1;
  #parts = []; // of a packet that goes on in the next page
  #bytes = 0;

  /** The packets that end in the page. A page that comes twice counts once; a gap costs what it cuts. */
  read(page) {
    if (page.sequence === this.#sequence) return [];
    const continues = (page.flags & CONTINUED) !== 0;
    const follows = page.sequence === this.#sequence + 1 && this.#parts.length > 0;
    this.#sequence = page.sequence;
    if (!continues || !follows) this.#drop();
    return this.#packets(page, continues && !follows);
  }

  /** `skipping`: the page begins with the rest of a packet whose begin was lost. */
  #packets(page, skipping) {
    const packets = [];
    let begin = 0;
    let at = 0;
    for (let i = 0; i < page.lacing.length; i++) {
      at += page.lacing[i];
      if (page.lacing[i] === 255) continue;
      if (!skipping) this.#end(page.body.subarray(begin, at), packets);
      skipping = false;
      begin = at;
    }
    if (page.lacing.length > 0 && page.lacing[page.lacing.length - 1] === 255 && !skipping) {
      this.#keep(page.body.subarray(begin, at));
    }
    return packets;
  }

  #end(part, packets) {
    this.#keep(part);
    if (this.#bytes <= MAX_PACKET_BYTES) {
      const packet = new Uint8Array(this.#bytes);
      let at = 0;
      for (const piece of this.#parts) {
        packet.set(piece, at);
        at += piece.length;
      }
      packets.push(packet);
    }
    this.#drop();
  }

  #keep(part) {
    this.#bytes += part.length;
    if (this.#bytes <= MAX_PACKET_BYTES) this.#parts.push(part);
    else this.#parts = [part.subarray(0, 0)]; // too long: it is only known that it goes on
  }

  #drop() {
    this.#parts = [];
    this.#bytes = 0;
  }
}

/** The segments of whole packets: 255s, and one less than 255 that ends each. */
export function lacingOf(packets) {
  const lacing = [];
  for (const packet of packets) {
    for (let left = packet.length; left >= 255; left -= 255) lacing.push(255);
    lacing.push(packet.length % 255);
  }
  return lacing;
}

/** One page with whole packets. Throws a RangeError where they do not fit. */
export function writePage({ flags = 0, granule, serial, sequence, packets }) {
  const lacing = lacingOf(packets);
  if (lacing.length > 255) throw new RangeError('a page of Ogg has 255 segments at the most');
  return writeSegments({ flags, granule, serial, sequence, lacing, parts: packets });
}

/** One page with any segments: the lacing's sum is the length of all parts. */
export function writeSegments({ flags, granule, serial, sequence, lacing, parts }) {
  let length = HEADER_BYTES + lacing.length;
  for (const part of parts) length += part.length;
  const page = new Uint8Array(length);
  const view = new DataView(page.buffer);
  page.set([0x4f, 0x67, 0x67, 0x53, 0, flags]);
  view.setBigInt64(6, BigInt(granule), true);
  view.setUint32(14, serial, true);
  view.setUint32(18, sequence, true);
  page[26] = lacing.length;
  page.set(lacing, HEADER_BYTES);
  let at = HEADER_BYTES + lacing.length;
  for (const part of parts) {
    page.set(part, at);
    at += part.length;
  }
  view.setUint32(22, pageChecksum(page), true);
  return page;
}
