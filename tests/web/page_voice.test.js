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
async function pageThatHears(parts) {
  const path = join(folder.path, `${Math.random().toString(36).slice(2)}.wav`);
  await writeWav(path, joined(parts), 24000);
  const browser = await launchChromium({ microphone: `${path}%noloop` });
  const watched = await watchedPage(browser, server.url);
  await watched.page.goto(server.url);
  return { ...watched, browser };
}

const choose = (page, name) => page.click(`.card[value="${name}"]`);
const said = (page, kind, text) => page.locator(`.entry[data-kind="${kind}"]`, { hasText: text });

test('what is said is answered aloud', { skip }, async () => {
  const { page, browser, problems, foreign } = await pageThatHears([6, await speech('the password is purple', folder.path), 30]);
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
  await browser.close();
});

test('a voice over a reply empties the playback', { skip }, async () => {
  const { page, browser, problems } = await pageThatHears([5, await speech('please stop talking', folder.path), 30]);
  await page.evaluate(() => {
    // When the page is told, by the clock of what it plays: sockets that the page opens from now on come too late.
    const [{ context }] = window.soundRecorder.recordings.length ? window.soundRecorder.recordings : [{}];
    window.playing = context;
  });
  await page.addInitScript(() => {
    const add = WebSocket.prototype.__lookupSetter__('onmessage');
    Object.defineProperty(WebSocket.prototype, 'onmessage', {
      set(listener) {
        add.call(this, (event) => {
          if (event.data.includes('"unmute.interrupted_by_vad"')) {
            window.interruptedAt = window.soundRecorder.recordings[0].context.currentTime;
          }
          listener(event);
        });
      },
    });
  });
  await page.reload();
  await choose(page, 'Storyteller');
  await page.click('#microphone');
  await said(page, 'reply', 'Once upon a time').waitFor();
  await page.locator('.entry[data-kind="reply"] .cut').waitFor();
  await said(page, 'reply', 'As you wish.').waitFor();
  await page.locator('#phase[data-phase="listening"]').waitFor();

  const { samples, rate, begin } = await recorded(page);
  const interrupted = Math.round(await page.evaluate(() => window.interruptedAt) * rate) - begin;
  const before = loudness(samples, interrupted - 3 * rate, interrupted);
  assert.ok(before > 0.01, `nothing was played before the interruption: ${before}`);
  // Between the end of the old reply and the begin of the new one. Without emptying it would play what waits: 160 ms.
  const rest = loudness(samples, interrupted + 0.04 * rate, interrupted + 0.3 * rate);
  assert.ok(rest < 0.001, `the old reply went on: ${rest}`);
  assert.deepEqual(problems, []);
  await browser.close();
});

test('push to talk: nobody is heard until the button is held', { skip }, async () => {
  const { page, browser, problems } = await pageThatHears([
    3, await speech('the password is purple', folder.path), 4, await speech('please stop talking', folder.path), 30]);
  await page.evaluate(() => document.querySelector('.voice details').setAttribute('open', ''));
  await page.check('#push-to-talk');
  await choose(page, 'Parrot');
  await said(page, 'reply', 'Hello.').waitFor();
  await page.click('#microphone');
  await page.locator('#hold').waitFor();
  // The first sentence is over when the meter has risen and fallen again.
  await page.waitForFunction(() => {
    const level = Number(document.querySelector('#level').getAttribute('aria-valuenow'));
    window.rose ||= level > 20;
    return window.rose && level < 5;
  });
  await page.focus('body');
  await page.keyboard.down('Space');
  await page.locator('#hold[data-held="true"]').waitFor();
  await said(page, 'user', /stop talking/).waitFor();
  await page.keyboard.up('Space');
  await said(page, 'reply', /You said: .*stop talking/).waitFor();
  assert.equal(await said(page, 'user', /purple/).count(), 0);
  assert.deepEqual(problems, []);
  await browser.close();
});
