/** The page when things happen at once, at the wrong moment or out of proportion. */
import assert from 'node:assert/strict';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { cannotRun, launchChromium, scratchFolder, watchedPage } from './support/harness.js';
import { cast, startServer } from './support/product.js';

const skip = await cannotRun();
let browser;
let server;

before(async () => {
  if (skip) return;
  browser = await launchChromium();
  server = await startServer();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function openPage(at = server) {
  const watched = await watchedPage(browser, at.url);
  watched.sent = [];
  watched.page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => watched.sent.push(JSON.parse(payload))));
  await watched.page.goto(at.url);
  await watched.page.locator('.card').first().waitFor();
  return watched;
}

const choose = (page, name) => page.click(`.card[value="${name}"]`);
const said = (page, kind, text) => page.locator(`.entry[data-kind="${kind}"]`, { hasText: text });
const cards = (page) => page.locator('.card .name').allInnerTexts();
const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.value);

async function load(page, directory) {
  if (!(await page.locator('#directory').isVisible())) await page.click('#directory-panel summary');
  await page.fill('#directory', directory);
  await page.click('#load');
  await page.locator('#load-result', { hasText: 'Loaded' }).waitFor();
}

/** Stops the server of a test and starts another one in its place. */
async function restarted(t, first, page, between = async () => {}) {
  await first.stop();
  await page.locator('#connection[data-state="waiting"]').waitFor();
  await between();
  const second = await startServer({ port: first.port });
  t.after(() => second.stop());
  await page.locator('#connection[data-state="open"]').waitFor();
}

async function serverOfItsOwn(t, options) {
  const own = await startServer(options);
  t.after(() => own.stop());
  return own;
}

test('of choices in quick succession the last one counts', { skip }, async () => {
  const { page, problems } = await openPage();
  await choose(page, 'Parrot');
  await said(page, 'reply', 'Hello.').waitFor();
  await page.evaluate(() => {
    for (const name of ['Storyteller', 'Parrot']) document.querySelector(`.card[value="${name}"]`).click();
  });
  await page.fill('#text', 'who is there');
  await page.press('#text', 'Enter');
  await said(page, 'reply', 'You said: who is there.').waitFor();
  assert.equal(await page.locator('.card[aria-pressed="true"]').getAttribute('value'), 'Parrot');
  assert.deepEqual(problems, []);
});

test('a character that is chosen while the server is gone comes with it, and others after it', { skip }, async (t) => {
  const first = await serverOfItsOwn(t);
  const { page } = await openPage(first);
  await restarted(t, first, page, async () => {
    await choose(page, 'Parrot'); // its sound cannot be loaded now
    await said(page, 'note', 'Parrot comes as soon as').waitFor();
  });
  await said(page, 'reply', 'Hello.').waitFor();
  await choose(page, 'Storyteller');
  await said(page, 'reply', 'Once upon').waitFor();
  assert.equal(await page.locator('.entry[data-level="error"]').count(), 0);
});

test('after a change of the cast nobody is chosen again unasked', { skip }, async (t) => {
  const first = await serverOfItsOwn(t);
  const { page } = await openPage(first);
  await choose(page, 'Parrot');
  await said(page, 'reply', 'Hello.').waitFor();
  await load(page, cast('mixed'));
  await restarted(t, first, page);
  await page.locator('#load-result', { hasText: 'Loaded' }).waitFor();
  await choose(page, 'Fine');
  await said(page, 'reply', 'I am fine.').waitFor();
  assert.equal(await said(page, 'note', 'not in the cast any more').count(), 0);
});

test('a directory that is gone with the server gives way to the default cast, aloud', { skip }, async (t) => {
  const folder = await scratchFolder();
  t.after(() => folder.remove());
  const directory = join(folder.path, 'cast');
  await cp(cast('mixed'), directory, { recursive: true });
  const first = await serverOfItsOwn(t);
  const { page } = await openPage(first);
  await load(page, directory);
  await page.click('#directory-panel summary');
  await restarted(t, first, page, () => rm(directory, { recursive: true }));
  await page.locator('#load-result .finding').waitFor({ state: 'visible' });
  await page.locator('.card[value="Parrot"]').waitFor();
  assert.deepEqual(await cards(page), ['Parrot', 'Storyteller']);
});

test('a server without room is tried again without a word in the transcript', { skip }, async (t) => {
  const small = await serverOfItsOwn(t, { flags: ['--max-sessions', '1'] });
  await openPage(small);
  const { page } = await watchedPage(browser, small.url);
  let tries = 0;
  page.on('websocket', (socket) => socket.on('close', () => { tries += 1; }));
  await page.goto(small.url);
  for (let i = 1; i < 4; i++) {
    await page.locator('#banner-text', { hasText: 'The server is full' }).waitFor();
    const before = tries;
    await page.click('#banner-action');
    while (tries === before) await page.waitForEvent('websocket').then((socket) => socket.isClosed() || socket.waitForEvent('close'));
  }
  assert.deepEqual(await page.locator('.entry').allInnerTexts(), []);
  assert.equal(await page.innerText('#cast-summary'), ''); // it is not known that there are none
});

test('what is written while a cast is loaded is not lost', { skip }, async () => {
  const { page, problems } = await openPage();
  await choose(page, 'Parrot');
  await said(page, 'reply', 'Hello.').waitFor();
  await page.click('#directory-panel summary');
  await page.evaluate(() => {
    document.getElementById('load-default').click();
    document.getElementById('text').value = 'too early';
    document.getElementById('composer').requestSubmit();
  });
  await said(page, 'note', 'Choose a character first').waitFor();
  assert.equal(await page.inputValue('#text'), 'too early');
  await page.evaluate(() => {
    document.getElementById('load-default').click();
    document.querySelector('.card[value="Parrot"]').click();
    document.getElementById('composer').requestSubmit();
  });
  await said(page, 'reply', 'You said: too early.').waitFor();
  assert.equal(await page.locator('.entry[data-level="error"]').count(), 0);
  assert.deepEqual(problems, []);
});

test('the inspector is offered where there is one', { skip }, async (t) => {
  const { page } = await openPage();
  await page.locator('#inspector').waitFor();
  const proxied = await serverOfItsOwn(t, { flags: ['--behind-proxy'] });
  const { page: other } = await watchedPage(browser, proxied.url);
  const refused = other.waitForResponse((response) => response.url().endsWith('/inspect'));
  await other.goto(proxied.url);
  assert.equal((await refused).status(), 404);
  await other.locator('.card').first().waitFor();
  assert.ok(await other.locator('#inspector').isHidden());
});

test('begin anew begins once, however often it is pressed', { skip }, async () => {
  const { page, sent, problems } = await openPage();
  await choose(page, 'Parrot');
  await said(page, 'reply', 'Hello.').waitFor();
  await page.evaluate(() => { for (let i = 0; i < 3; i++) document.getElementById('anew').click(); });
  await said(page, 'reply', 'Hello.').nth(1).waitFor();
  assert.equal(sent.filter(({ type }) => type === 'session.characters.reload').length, 1);
  assert.deepEqual(problems, []);
});

test('a key that is pressed does not lose the focus', { skip }, async () => {
  const { page } = await openPage();
  await page.focus('.card[value="Parrot"]');
  await page.keyboard.press('Enter');
  await said(page, 'reply', 'Hello.').waitFor();
  await page.locator('#phase[data-phase="listening"]').waitFor();
  await page.focus('#anew');
  await page.keyboard.press('Enter');
  await said(page, 'reply', 'Hello.').nth(1).waitFor();
  assert.equal(await focused(page), 'anew');
  await page.click('#directory-panel summary');
  await page.focus('#load-default');
  await page.keyboard.press('Enter');
  await page.locator('#load-result', { hasText: 'Loaded 2 of 2' }).waitFor();
  assert.equal(await focused(page), 'load-default');
  await choose(page, 'Storyteller');
  await said(page, 'reply', 'Once upon').waitFor();
  await page.focus('#stop');
  await page.keyboard.press('Enter');
  await page.locator('#phase[data-phase="listening"]').waitFor();
  assert.equal(await focused(page), 'stop');
});

test('the focus stays on the card when the cast is drawn again', { skip }, async () => {
  const { page } = await openPage();
  await choose(page, 'Parrot');
  await said(page, 'reply', 'Hello.').waitFor();
  await page.fill('#text', 'goodbye');
  await page.press('#text', 'Enter');
  await page.focus('.card[value="Storyteller"]');
  await said(page, 'note', 'The conversation is over').waitFor();
  await page.locator('#connection[data-state="open"]').waitFor();
  await page.locator('.card').first().waitFor();
  assert.equal(await focused(page), 'Storyteller');
});

test('everything changes with the language, whenever', { skip }, async () => {
  const { page } = await openPage();
  await page.locator('#banner-text', { hasText: 'No language model' }).waitFor();
  await page.selectOption('#language', 'fr');
  assert.match(await page.innerText('#banner-text'), /^Aucun modèle de langage/);
  assert.equal(await page.locator('#input-device option').first().textContent(), 'Celui du système');
});

test('a message that is too long for the server stays in the box, and what it does not take is left out', { skip }, async () => {
  const { page, problems } = await openPage();
  await choose(page, 'Parrot');
  await said(page, 'reply', 'Hello.').waitFor();
  const long = 'é'.repeat(20_000);
  await page.fill('#text', long);
  await page.press('#text', 'Enter');
  await said(page, 'note', 'too long').waitFor();
  await page.locator('#announcer', { hasText: 'too long' }).waitFor({ state: 'attached' });
  assert.equal(await page.inputValue('#text'), long);
  await page.fill('#text', 'bell\u0007 and\u0085tab');
  await page.press('#text', 'Enter');
  await said(page, 'reply', 'You said: bell and tab.').waitFor();
  assert.deepEqual(problems, []);
});

test('the transcript follows the words when something opens below it, until one scrolls up', { skip }, async () => {
  const { page } = await openPage();
  await page.setViewportSize({ width: 1000, height: 700 });
  await choose(page, 'Parrot');
  for (let i = 0; i < 12; i++) {
    await page.fill('#text', `line ${i}`);
    await page.press('#text', 'Enter');
    await said(page, 'user', `line ${i}`).first().waitFor();
  }
  await page.click('.voice summary');
  const fromEnd = () => page.evaluate(() => {
    const { scrollHeight, scrollTop, clientHeight } = document.getElementById('transcript');
    return scrollHeight - scrollTop - clientHeight;
  });
  await page.waitForFunction(() => {
    const { scrollHeight, scrollTop, clientHeight } = document.getElementById('transcript');
    return scrollHeight > clientHeight + 200 && scrollHeight - scrollTop - clientHeight < 2;
  });
  await page.press('#text', 'Escape');
  await page.locator('#phase[data-phase="listening"]').waitFor();
  await page.evaluate(() => new Promise((resolve) => {
    const transcript = document.getElementById('transcript');
    transcript.addEventListener('scroll', resolve, { once: true });
    transcript.scrollTop = 0;
  }));
  await page.fill('#text', 'one more');
  await page.press('#text', 'Enter');
  await said(page, 'user', 'one more').waitFor();
  assert.ok(await fromEnd() > 200);
});

test('a space bar that is let go after the microphone is off is not held when it is on again', { skip }, async () => {
  const { page, problems } = await openPage();
  await page.click('.voice summary');
  await page.check('#push-to-talk');
  await page.click('#microphone');
  await page.locator('#hold').waitFor();
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.down('Space');
  await page.locator('#hold[data-held="true"]').waitFor();
  await page.evaluate(() => document.getElementById('microphone').click());
  await page.locator('#hold').waitFor({ state: 'hidden' });
  await page.keyboard.up('Space');
  await page.click('#microphone');
  await page.locator('#hold[data-held="false"]').waitFor();
  assert.deepEqual(problems, []);
});

test('names and words of any length and direction stay where they belong', { skip }, async (t) => {
  const folder = await scratchFolder();
  t.after(() => folder.remove());
  const directory = join(folder.path, 'cast');
  await mkdir(directory);
  const character = (name, language, greeting, comment) => `return { name = "${name}", greeting = "${greeting}",
    voice = { source_type = "file", path_on_server = "voices/${language}.wav" }, reply = function() return "ok" end,
    instructions = { text = "x", language = "${language}" }, metadata = { comment = "${comment}", tags = { "${Array.from({ length: 20 }, (_, i) => `${i}`.padEnd(50, "t")).join(`", "`)}" } } }`;
  await writeFile(join(directory, 'wide.lua'), character('W'.repeat(100), 'en', 'w'.repeat(150), 'lorem '.repeat(300)));
  await writeFile(join(directory, 'hebrew.lua'), character('עברית', 'he', 'שלום.', 'שלום.'));
  const { page, problems } = await openPage();
  await load(page, directory);
  for (const width of [1280, 800, 320]) {
    await page.setViewportSize({ width, height: 800 });
    const { edge, tallest, ends } = await page.evaluate(() => ({
      edge: document.getElementById('cards').getBoundingClientRect().right,
      tallest: Math.max(...[...document.querySelectorAll('.card')].map((card) => card.offsetHeight)),
      ends: [...document.querySelectorAll('.card, .card > *, .tag')].map((one) => one.scrollWidth - one.clientWidth),
    }));
    assert.ok(edge <= width && ends.every((over) => over <= 2), `${width}: ${ends}`);
    assert.ok(tallest < 500, `${width}: a card of ${tallest} px`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
  }
  await choose(page, 'עברית');
  await said(page, 'reply', 'שלום.').waitFor();
  const direction = await page.locator('.entry[data-kind="reply"] .said').evaluate((one) => getComputedStyle(one).direction);
  assert.equal(direction, 'rtl');
  assert.deepEqual(problems, []);
});
