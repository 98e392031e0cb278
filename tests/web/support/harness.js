/**
 * What tests of the page in a browser have in common: the page's files served as the product serves them,
 * Chromium with a file for a microphone, and a page that is watched and recorded.
 */
import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { installRecorder } from './recorder.js';

const here = fileURLToPath(new URL('.', import.meta.url));
export const webRoot = fileURLToPath(new URL('../../../web/', import.meta.url));

/** As the product sends it, but for the sockets that it names for browsers which do not count them as its own. */
export const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "worker-src 'self'; media-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'none'";

const POLICY = 'content-security-policy';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why the tests in a browser cannot run here; false: they can. For `node --test`'s `skip`. */
export async function cannotRun() {
  if (!existsSync(CHROMIUM)) return `there is no ${CHROMIUM}`;
  try {
    await import('playwright-core');
    return false;
  } catch {
    return 'playwright-core is not installed (npm ci in tests/web)';
  }
}

/** Serves the files of web/, for tests that need no server behind the page. {url, close()} */
export async function servePage(root = webRoot) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname);
    try {
      const body = await readFile(join(root, path === '/' ? 'index.html' : path));
      response.setHeader('content-type', TYPES[extname(path)] ?? TYPES['.html']);
      response.setHeader(POLICY, contentSecurityPolicy);
      response.setHeader('x-content-type-options', 'nosniff');
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => server.close(resolve) && server.closeAllConnections()),
  };
}

/**
 * Chromium whose microphone plays `microphone`: a path of a WAV file, over and over (with `%noloop` behind it,
 * once), or null: Chromium's own beeps; false: there is none. `flags`: further ones, which come last and win.
 */
export async function launchChromium({ microphone = null, flags = [] } = {}) {
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-proxy-server',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // A document that serveDocument() answers has no address, and would not be let at this machine's.
      '--disable-features=LocalNetworkAccessChecks',
      '--autoplay-policy=no-user-gesture-required',
      ...(microphone === false ? [] : ['--use-fake-device-for-media-stream']),
      '--use-fake-ui-for-media-stream',
      ...(microphone ? [`--use-file-for-fake-audio-capture=${microphone}`] : []),
      ...flags,
    ],
  });
}

/**
 * A page of that browser which is recorded and watched, not yet anywhere: {page, problems, foreign}. `problems`
 * fills with its console's errors, also those of the security policy, and uncaught exceptions; `foreign` with
 * requests and sockets to other hosts than `url`'s, of which the requests do not leave the browser.
 */
export async function watchedPage(browser, url) {
  // A document that is passed on (serveDocument) comes from nowhere, for Chromium, and a page from nowhere may
  // not open sockets to this machine unasked.
  const context = await browser.newContext({ permissions: ['microphone', 'local-network-access'] });
  const page = await context.newPage();
  const problems = [];
  const foreign = [];
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  const { host } = new URL(url);
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).host !== host) foreign.push(socket.url());
  });
  await page.route('**', (route) => {
    const target = new URL(route.request().url());
    if (target.host === host || !target.protocol.startsWith('http')) return route.fallback();
    foreign.push(target.href);
    return route.abort();
  });
  await page.route(
    (at) => at.host === host,
    (route) => serveDocument(route),
  );
  await page.addInitScript(installRecorder, await readFile(join(here, 'recorder_worklet.js'), 'utf8'));
  return { page, problems, foreign };
}

/**
 * Documents with their policy, which is loosened for the recorder's worklet alone: its source comes from a
 * blob, because requests of worklets cannot be answered from here. `/__test/blank.html` is a page without
 * anything.
 */
async function serveDocument(route) {
  if (route.request().resourceType() !== 'document') return route.fallback();
  const { pathname } = new URL(route.request().url());
  if (pathname === '/__test/blank.html') {
    const headers = { 'content-type': TYPES['.html'], [POLICY]: recordable(contentSecurityPolicy) };
    return route.fulfill({ body: '<!doctype html><title>test</title>', headers });
  }
  const response = await route.fetch();
  const headers = response.headers();
  if (headers[POLICY]) headers[POLICY] = recordable(headers[POLICY]);
  return route.fulfill({ response, headers });
}

const recordable = (policy) => policy.replace("script-src 'self'", "script-src 'self' blob:");

/** What the page has played so far: {rate, begin, samples}; `begin`: the context's frame of the first one. */
export async function recorded(page, context = 0) {
  const { rate, begin, failed, base64 } = await page.evaluate(async (index) => {
    const { samples, ...rest } = await window.soundRecorder.read(index);
    const bytes = new Uint8Array(samples.buffer);
    let text = '';
    for (let at = 0; at < bytes.length; at += 0x8000) {
      text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    }
    return { ...rest, base64: btoa(text) };
  }, context);
  if (failed !== null) throw new Error(`the recorder failed: ${failed}`);
  const bytes = Buffer.from(base64, 'base64');
  const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return { rate, begin, samples };
}

/** A folder for one test's files: {path, remove()}. */
export async function scratchFolder() {
  const path = await mkdtemp(join(tmpdir(), 'unmuted-web-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Mono, 16 bits. */
export async function writeWav(path, samples, rate) {
  const wav = Buffer.alloc(44 + 2 * samples.length);
  wav.write('RIFF', 0, 'latin1');
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write('WAVEfmt ', 8, 'latin1');
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(2 * rate, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36, 'latin1');
  wav.writeUInt32LE(2 * samples.length, 40);
  samples.forEach((sample, i) => {
    wav.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(sample * 32767))), 44 + 2 * i);
  });
  await writeFile(path, wav);
}

/** The effective value of samples [begin, end). */
export function loudness(samples, begin = 0, end = samples.length) {
  let sum = 0;
  for (let i = begin; i < end; i++) sum += samples[i] * samples[i];
  return Math.sqrt(sum / Math.max(1, end - begin));
}
