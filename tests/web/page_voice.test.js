/** A conversation aloud: a browser with a microphone, the page, and the server that brings both ways of speech along. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { cannotRun, launchChromium, loudness, recorded, scratchFolder, watchedPage, writeWav } from './support/harness.js';
import { joined, speech, startServer } from './support/product.js';

const skip = await cannotRun();
let server;
let folder;

before(async () => {
  if (skip) return;
  folder = await scratchFolder();
  server = await startServer();
});
after(async () => {
  await server?.stop();
  await folder?.remove();
});

/** A page whose microphone hears these parts once, from when it is opened. */
async function pageThatHears(t, parts) {
  const path = join(folder.path, `${Math.random().toString(36).slice(2)}.wav`);
  await writeWav(path, joined(parts), 24000);
  const browser = await launchChromium({ microphone: `${path}%noloop` });
  t.after(() => browser.close());
  const watched = await watchedPage(browser, server.url);
  await watched.page.goto(server.url);
  return watched;
}

const choose = (page, name) => page.click(`.card[value="${name}"]`);
const said = (page, kind, text) => page.locator(`.entry[data-kind="${kind}"]`, { hasText: text });

test('what is said is answered aloud', { skip }, async (t) => {
  const { page, problems, foreign } = await pageThatHears(t, [6, await speech('the password is purple', folder.path), 30]);
  await choose(page, 'Parrot');
  await page.click('#microphone');
  await said(page, 'reply', 'Hello.').waitFor();
  await said(page, 'user', /password is purple/).waitFor();
  await said(page, 'reply', /You said: .*purple\./).waitFor();
  await page.locator('#phase[data-phase="listening"]').waitFor();
  await said(page, 'reply', /first sound after \d\.\d\d s/).waitFor();

  const { samples, rate } = await recorded(page);
  assert.ok(loudness(samples) > 0.01, `the page is silent: ${loudness(samples)}`);
  const loud = Array.from({ length: Math.floor(samples.length / rate * 10) }, (_, i) =>
    loudness(samples, i * rate / 10, (i + 1) * rate / 10) > 0.01);
  assert.ok(loud.filter(Boolean).length > 15, 'less than a second and a half was heard of both answers');
  assert.deepEqual([problems, foreign], [[], []]);
});

test('a voice over a reply ends it, and is answered', { skip }, async (t) => {
  const { page, problems } = await pageThatHears(t, [8, await speech('please stop talking', folder.path), 30]);
  await choose(page, 'Storyteller');
  await page.click('#microphone');
  await said(page, 'reply', 'Once upon a time').waitFor();
  await page.locator('.entry[data-kind="reply"] .cut').waitFor();
  await said(page, 'user', /stop talking/).waitFor();
  await said(page, 'reply', 'As you wish.').waitFor();
  await page.locator('#phase[data-phase="listening"]').waitFor();
  assert.deepEqual(problems, []);
});

/** Waits until the page sounds, does `what` in it, and gives what was heard from that very moment on, a second of it. */
async function heardAfter(page, what) {
  await page.waitForFunction(() => {
    const chunks = window.soundRecorder.recordings[0]?.chunks ?? [];
    return chunks.slice(-4).some((chunk) => chunk.some((sample) => Math.abs(sample) > 0.05));
  });
  const at = await page.evaluate(`(() => {
    const { context } = window.soundRecorder.recordings[0];
    const now = context.currentTime;
    (${what})();
    return now;
  })()`);
  await page.waitForFunction((time) => {
    const { rate, begin, chunks } = window.soundRecorder.recordings[0];
    return begin + chunks.length * chunks[0].length > (time + 1) * rate;
  }, at);
  const { samples, rate, begin } = await recorded(page);
  const first = Math.round(at * rate) - begin;
  return { rate, before: samples.subarray(Math.max(0, first - rate), first), after: samples.subarray(first, first + rate) };
}

// Some 160 ms wait in the page, and the server's next sound may be on its way: none of that is heard. What is heard yet
// is what the audio thread has taken, and a ramp of a few ms against the click.
const quietAfter = 0.05; // s

test('an interruption empties the playback', { skip }, async (t) => {
  const { page, problems } = await pageThatHears(t, [30]);
  await page.addInitScript(() => {
    window.WebSocket = class extends WebSocket {
      constructor(...all) {
        super(...all);
        window.socket = this;
      }
    };
  });
  await page.reload();
  await choose(page, 'Storyteller');
  const { rate, before, after } = await heardAfter(page, () => {
    const deliver = window.socket.onmessage;
    window.socket.onmessage = null; // the server knows of no interruption and goes on
    deliver({ data: '{"type": "unmute.interrupted_by_vad"}' });
  });
  assert.ok(loudness(before) > 0.01);
  assert.ok(loudness(after.subarray(quietAfter * rate)) < 1e-4, `${loudness(after.subarray(quietAfter * rate))} is heard`);
  assert.deepEqual(problems, []);
});

test('Stop empties the playback, whatever is still on its way', { skip }, async (t) => {
  const { page, problems } = await pageThatHears(t, [30]);
  await choose(page, 'Storyteller');
  const { rate, before, after } = await heardAfter(page, () => document.getElementById('stop').click());
  assert.ok(loudness(before) > 0.01);
  assert.ok(loudness(after.subarray(quietAfter * rate)) < 1e-4, `${loudness(after.subarray(quietAfter * rate))} is heard`);
  await page.locator('.entry[data-kind="reply"] .cut').waitFor();
  assert.deepEqual(problems, []);
});

test('push to talk: nothing is sent until the button is held', { skip }, async (t) => {
  const { page, problems } = await pageThatHears(t, [4, await speech('please stop talking', folder.path), 30]);
  let sent = 0;
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => { sent += payload.includes('input_audio_buffer.append'); }));
  await page.reload();
  await page.click('.voice summary');
  await page.check('#push-to-talk');
  await choose(page, 'Parrot');
  await said(page, 'reply', 'Hello.').waitFor();
  await page.evaluate(() => {
    window.levels = 0;
    new MutationObserver((changes) => { window.levels += changes.length; })
      .observe(document.getElementById('level'), { attributeFilter: ['aria-valuenow'] });
  });
  await page.click('#microphone');
  await page.locator('#hold').waitFor();
  await page.waitForFunction(() => window.levels >= 4); // two seconds of an open microphone
  assert.equal(sent, 0);
  await page.locator('body').press('Escape'); // the focus is on no button
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.down('Space');
  await page.locator('#hold[data-held="true"]').waitFor();
  await said(page, 'user', /stop talking/).waitFor();
  assert.ok(sent > 25);
  await page.keyboard.up('Space');
  await said(page, 'reply', /You said: .*stop talking/).waitFor();
  assert.deepEqual(problems, []);
});
