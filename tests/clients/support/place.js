/** What tests of clients stand on: a server that speaks TLS, a language model for it, and speech. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { joined, speech, startServer } from '../../web/support/product.js';
import { startModel } from './model.js';

const inTests = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const casts = {
  shop: inTests('clients/casts/shop'),
  alpha: inTests('casts/alpha'),
  beta: inTests('casts/beta'),
};

/** {model, url (https://localhost:…), say(text), restart(), close()}: a server with the cast, which asks the model. */
export async function openPlace(characters, { tls = true } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'unmuted-speech-'));
  const model = await startModel();
  const certificate = ['--tls-cert', process.env.UNMUTED_TEST_CERTIFICATE, '--tls-key', process.env.UNMUTED_TEST_KEY];
  const start = (port) => startServer({ port, characters, flags: ['--llm', model.url, ...(tls ? certificate : [])] });
  let server = await start(0);
  const said = new Map();
  return {
    model,
    url: tls ? `https://localhost:${server.port}` : server.url,
    /** The text aloud, with silence behind it that ends a turn: PCM of 24 kHz, 16 bits, in pieces of 100 ms. */
    async say(text) {
      if (!said.has(text)) said.set(text, pieces(joined([0.3, await speech(text, folder), 1.2])));
      return said.get(text);
    },
    async restart() {
      await server.stop();
      server = await start(server.port);
    },
    async close() {
      await server.stop();
      await model.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function pieces(samples) {
  const pcm = Buffer.from(Int16Array.from(samples, (sample) => Math.round(sample * 32767)).buffer);
  const length = 4800;
  return Array.from({ length: Math.ceil(pcm.length / length) }, (_, i) => pcm.subarray(i * length, (i + 1) * length));
}

/** What a client's loudspeaker would play of these deltas. */
export function heard(deltas) {
  const pcm = Buffer.concat(deltas.map((delta) => Buffer.from(delta, 'base64')));
  let squares = 0;
  for (let i = 0; i + 1 < pcm.length; i += 2) squares += (pcm.readInt16LE(i) / 32768) ** 2;
  return { seconds: pcm.length / 48000, loudness: Math.sqrt(squares / Math.max(pcm.length / 2, 1)) };
}
