/** Opus in Ogg (RFC 7845): a stream of one connection, read and written. Pure: no browser, no codec. */

import { BEGINS_STREAM, PacketReader, PageReader, writePage } from './ogg.js';

/** Positions in Ogg Opus, and its pre-skip, count samples at this rate, whatever was encoded. */
export const GRANULE_RATE = 48000;

const PACKETS_A_PAGE = 2; // of 20 ms: what the server's own examples send, and 25 messages a second

const ascii = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

function startsWith(packet, mark) {
  for (let i = 0; i < mark.length; i++) if (packet[i] !== mark.charCodeAt(i)) return false;
  return true;
}

/** {channels, preSkip} of an OpusHead packet; null: it is none, or none that one decoder plays. */
export function readOpusHead(packet) {
  if (packet.length < 19 || !startsWith(packet, 'OpusHead')) return null;
  if (packet[8] > 15 || packet[9] < 1 || packet[9] > 2) return null; // version, channels
  if (packet[18] !== 0) return null; // a mapping of several streams
  return { channels: packet[9], preSkip: packet[10] | (packet[11] << 8) };
}

/** The head of a mono stream. `rate` is for information only, as RFC 7845 says. */
export function writeOpusHead({ preSkip, rate }) {
  const head = new Uint8Array(19);
  const view = new DataView(head.buffer);
  head.set(ascii('OpusHead'));
  head[8] = 1; // version
  head[9] = 1; // channels
  view.setUint16(10, preSkip, true);
  view.setUint32(12, rate, true);
  return head;
}

/** Without comments. */
export function writeOpusTags(vendor) {
  const tags = new Uint8Array(16 + vendor.length);
  tags.set(ascii('OpusTags'));
  new DataView(tags.buffer).setUint32(8, vendor.length, true);
  tags.set(ascii(vendor), 12);
  return tags;
}

/** How long a packet of Opus sounds, in samples at GRANULE_RATE (RFC 6716, 3.1); 0: it is none. */
export function packetSamples(packet) {
  if (packet.length === 0) return 0;
  const config = packet[0] >> 3;
  let frame;
  if (config < 12) frame = [480, 960, 1920, 2880][config & 3];
  else if (config < 16) frame = config & 1 ? 960 : 480;
  else frame = 120 << (config & 3);
  const code = packet[0] & 3;
  if (code === 0) return frame;
  if (code < 3) return 2 * frame;
  const samples = packet.length > 1 ? (packet[1] & 0x3f) * frame : 0;
  return samples <= 5760 ? samples : 0; // 120 ms at the most
}

/**
 * What a server sends: headers and packets out of bytes in pieces of any size.
 *
 * What comes before a page that begins a stream is left out, as are pages of other streams; every such page
 * begins a new stream. What is no packet of Opus is left out.
 */
export class OpusStreamReader {
  #pages = new PageReader();
  #packets = null;
  #serial = 0;
  #stage = 'none'; // then 'head', 'tags', 'sound'

  /** In their order: {head} where a stream begins, {packet} for each packet of sound. */
  read(bytes) {
    const items = [];
    for (const page of this.#pages.read(bytes)) {
      if (page.flags & BEGINS_STREAM) this.#begin(page);
      if (this.#packets === null || page.serial !== this.#serial) continue;
      for (const packet of this.#packets.read(page)) this.#take(packet, items);
    }
    return items;
  }

  #begin(page) {
    this.#packets = new PacketReader();
    this.#serial = page.serial;
    this.#stage = 'head';
  }

  #take(packet, items) {
    if (this.#stage === 'head') {
      const head = readOpusHead(packet);
      if (head === null) {
        this.#packets = null; // another codec's: its packets would be noise
        this.#stage = 'none';
        return;
      }
      items.push({ head });
      this.#stage = 'tags';
    } else if (this.#stage === 'tags' && startsWith(packet, 'OpusTags')) {
      this.#stage = 'sound';
    } else {
      this.#stage = 'sound';
      if (packetSamples(packet) > 0) items.push({ packet });
    }
  }
}

/** What a microphone sends: one mono stream without an end, as pages with two packets each. */
export class OpusStreamWriter {
  #serial;
  #sequence = 0;
  #granule = 0;
  #waiting = [];

  /** `serial`: any number of 32 bits. */
  constructor(serial) {
    this.#serial = serial >>> 0;
  }

  /** The two pages that begin the stream; to be asked for first, and once. */
  begin({ preSkip, rate }) {
    return [
      this.#page([writeOpusHead({ preSkip, rate })], BEGINS_STREAM),
      this.#page([writeOpusTags('unmuted')], 0),
    ];
  }

  /** The page that is full with this packet, or null. */
  write(packet) {
    this.#waiting.push(packet);
    this.#granule += packetSamples(packet);
    if (this.#waiting.length < PACKETS_A_PAGE) return null;
    const packets = this.#waiting;
    this.#waiting = [];
    return this.#page(packets, 0);
  }

  #page(packets, flags) {
    return writePage({
      flags,
      granule: this.#granule,
      serial: this.#serial,
      sequence: this.#sequence++,
      packets,
    });
  }
}
