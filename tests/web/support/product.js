/** The product's programs, as a test uses them: a server with the page in it, and speech for a microphone. */
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

const bin = process.env.UNMUTED_BIN_DIR ?? fileURLToPath(new URL('../../../build/dev/bin/', import.meta.url));

/** A directory of characters beside the tests. */
export const cast = (name) => fileURLToPath(new URL(`../casts/${name}`, import.meta.url));

/**
 * A server: {url, port, stop()}. It listens on a free port unless one is given, and ends with the test's process
 * at the latest.
 */
export async function startServer({ port = 0, characters = cast('talk'), flags = [] } = {}) {
  const child = spawn(join(bin, 'unmuted'), ['--listen', `127.0.0.1:${port}`, '--characters', characters, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let log = '';
  child.stderr.on('data', (text) => { log += text; });
  const url = await new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
      if (said.includes('/v1/realtime')) resolve(said.match(/listens on (\S+)/)[1]);
    });
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${log}`)));
  });
  return {
    url,
    port: Number(new URL(url).port),
    async stop(signal = 'SIGINT') {
      child.kill(signal);
      await exited;
      process.off('exit', kill);
    },
  };
}

/** The text in a voice of the product's own, as samples of 24 kHz. */
export async function speech(text, folder) {
  const path = join(folder, `${text.replaceAll(/\W+/g, '-')}.wav`);
  await promisify(execFile)(join(bin, 'charctl'), ['say', cast('talk'), 'Parrot', text, '-o', path]);
  const { readFile } = await import('node:fs/promises');
  const wav = await readFile(path);
  const samples = new Float32Array((wav.length - 44) / 2);
  for (let i = 0; i < samples.length; i++) samples[i] = wav.readInt16LE(44 + 2 * i) / 32768;
  return samples;
}

/** Samples one behind the other; a number is so many seconds of silence. */
export function joined(parts, rate = 24000) {
  const pieces = parts.map((part) => (typeof part === 'number' ? new Float32Array(Math.round(part * rate)) : part));
  const all = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
