import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('../support/allocations.js', import.meta.url));

test('the audio thread allocates nothing for a quantum, whatever happens', async () => {
  // With so much room for young objects nothing is collected while it is measured.
  const flags = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script]);
  const { playback, capture, posted } = JSON.parse(stdout);
  assert.ok(posted > 1000);
  // The smallest object has 16 bytes. What is left are reports, arrivals and the measuring itself.
  assert.ok(playback < 1, `${playback} bytes a quantum`);
  assert.ok(capture < 1, `${capture} bytes a quantum`);
});
