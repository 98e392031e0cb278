/** The page without any sound: typing, casts, faults. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { cannotRun, launchChromium, watchedPage } from './support/harness.js';
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

/** A page of its own of the server, watched; `init` runs in it before its scripts. */
async function openPage(at = server, init = null) {
  const watched = await watchedPage(browser, at.url);
  if (init) await watched.page.addInitScript(init);
  await watched.page.goto(at.url);
  await watched.page.locator('.card').first().waitFor();
  return watched;
}

const choose = (page, name) => page.click(`.card[value="${name}"]`);
const said = (page, kind, text) => page.locator(`.entry[data-kind="${kind}"]`, { hasText: text });

async function write(page, text) {
  await page.fill('#text', text);
  await page.press('#text', 'Enter');
}

async function load(page, directory) {
  if (!(await page.locator('#directory').isVisible())) await page.click('#directory-panel summary');
  await page.fill('#directory', directory);
  await page.click('#load');
}

test('typing works without a microphone', { skip }, async () => {
  const { page, problems, foreign } = await openPage(server, () => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('none', 'NotFoundError'));
  });
  await choose(page, 'Parrot');
  await said(page, 'reply', 'Hello.').waitFor();
  await page.click('#microphone');
  await page.locator('#microphone-problem', { hasText: 'No microphone was found' }).waitFor();
  await write(page, 'is anybody there');
  await said(page, 'reply', 'You said: is anybody there.').waitFor();
  assert.equal(await page.inputValue('#text'), '');
  assert.deepEqual([problems, foreign], [[], []]);
});

for (const [error, words] of [['NotAllowedError', 'was not allowed'], ['NotReadableError', 'Another program holds']]) {
  test(`a microphone that fails with ${error} is said in words`, { skip }, async () => {
    const init = `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', '${error}'))`;
    const { page, problems } = await openPage(server, init);
    await page.click('#microphone');
    await page.locator('#microphone-problem', { hasText: words }).waitFor();
    assert.equal(await page.locator('#microphone').innerText(), 'Turn the microphone on');
    assert.deepEqual(problems, []);
  });
}

test('a browser that cannot decode the sound shows the words', { skip }, async () => {
  const { page, problems } = await openPage(server, 'delete globalThis.AudioDecoder');
  await choose(page, 'Parrot');
  await page.locator('#microphone-problem', { hasText: 'cannot decode Opus' }).waitFor();
  await said(page, 'reply', 'Hello.').waitFor();
  // Nothing is heard here, so the reply is read out by whoever reads the screen: whole, and once.
  await page.locator('#announcer', { hasText: 'Parrot: Hello.' }).waitFor({ state: 'attached' });
  assert.deepEqual(problems, []);
});

test('a server that does not listen is said in words', { skip }, async (t) => {
  const deaf = await startServer({ flags: ['--stt', 'off', '--tts', 'off'] });
  t.after(() => deaf.stop());
  const { page, problems } = await openPage(deaf);
  await page.locator('#microphone-problem', { hasText: 'does not listen' }).waitFor();
  assert.ok(await page.locator('#microphone').isDisabled());
  await choose(page, 'Parrot');
  await write(page, 'hello');
  await said(page, 'reply', 'You said: hello.').waitFor();
  assert.deepEqual(problems, []);
});

test('what is written during a reply cuts it off, and so does Stop', { skip }, async () => {
  const { page, problems } = await openPage();
  await choose(page, 'Storyteller');
  await said(page, 'reply', 'Once upon').waitFor();
  await write(page, 'enough');
  await page.locator('.entry[data-kind="reply"] .cut').waitFor();
  await said(page, 'reply', 'As you wish.').waitFor();
  await choose(page, 'Parrot');
  await choose(page, 'Storyteller'); // goes on where it was: with nothing to say
  await page.click('#anew');
  await said(page, 'reply', 'Once upon').nth(1).waitFor();
  await page.press('#text', 'Escape');
  await page.locator('.entry[data-kind="reply"] .cut').nth(1).waitFor();
  await page.locator('#phase[data-phase="listening"]').waitFor();
  assert.deepEqual(problems, []);
});

test('a directory that is partly broken loads, and each error is shown with its place and a hint', { skip }, async () => {
  const { page, problems } = await openPage();
  await load(page, cast('mixed'));
  await page.locator('#load-result', { hasText: 'Loaded 1 of 3' }).waitFor();
  const findings = await page.locator('.finding[data-level="error"]').allInnerTexts();
  assert.equal(findings.length, 2);
  assert.match(findings[0], /nameless\.lua, line 1 · missing-field\n+name is required\n+Add the field/);
  assert.match(findings[1], /torn\.lua, line \d · syntax-error/);
  assert.deepEqual(await page.locator('.card .name').allInnerTexts(), ['Fine']);
  await choose(page, 'Fine');
  await said(page, 'reply', 'I am fine.').waitFor();
  assert.deepEqual(problems, []);
});

test('a directory that cannot be had changes nothing', { skip }, async () => {
  const { page, problems } = await openPage();
  await choose(page, 'Parrot');
  await said(page, 'reply', 'Hello.').waitFor();
  await load(page, '/nowhere/at/all');
  await page.locator('.finding', { hasText: '/nowhere/at/all' }).waitFor();
  await write(page, 'still there');
  await said(page, 'reply', 'You said: still there.').waitFor();
  await page.click('#load-default');
  await page.locator('#load-result', { hasText: 'Loaded 2 of 2' }).waitFor();
  assert.deepEqual(problems, []);
});

test('two tabs have two casts', { skip }, async () => {
  const [one, other] = [await openPage(), await openPage()];
  await load(one.page, cast('mixed'));
  await one.page.locator('.card[value="Fine"]').waitFor();
  await choose(one.page, 'Fine');
  await choose(other.page, 'Parrot');
  await said(one.page, 'reply', 'I am fine.').waitFor();
  await said(other.page, 'reply', 'Hello.').waitFor();
  assert.deepEqual(await other.page.locator('.card .name').allInnerTexts(), ['Parrot', 'Storyteller']);
  assert.deepEqual([one.problems, other.problems], [[], []]);
});

test('a server that goes and comes back: the page says so, and goes on with the same cast and character', { skip }, async (t) => {
  const first = await startServer();
  t.after(() => first.stop());
  const { page, problems } = await openPage(first);
  await load(page, cast('mixed'));
  await page.locator('.card[value="Fine"]').waitFor();
  await choose(page, 'Fine');
  await said(page, 'reply', 'I am fine.').waitFor();
  await first.stop();
  await page.locator('#connection[data-state="waiting"]').waitFor();
  await page.locator('#banner-text', { hasText: /cannot be reached|shutting down/ }).waitFor();
  await write(page, 'hello?');
  await said(page, 'note', 'This was not sent').waitFor();
  const second = await startServer({ port: first.port });
  t.after(() => second.stop());
  await page.locator('#connection[data-state="open"]').waitFor();
  await said(page, 'note', 'The server is back').waitFor();
  await said(page, 'reply', 'I am fine.').nth(1).waitFor();
  await write(page, 'and now');
  await said(page, 'reply', 'Still fine.').waitFor();
  const others = problems.filter((one) => !/ERR_CONNECTION_REFUSED|WebSocket connection/.test(one)); // the browser's own
  assert.deepEqual(others, []);
});

test('a full server says so, and takes the page when there is room', { skip }, async (t) => {
  const small = await startServer({ flags: ['--max-sessions', '1'] });
  t.after(() => small.stop());
  const first = await openPage(small);
  const second = await watchedPage(browser, small.url);
  await second.page.goto(small.url);
  await second.page.locator('#banner-text', { hasText: 'The server is full' }).waitFor();
  await first.page.close();
  await second.page.locator('#connection[data-state="open"]').waitFor();
  await second.page.locator('.card').first().waitFor();
  assert.deepEqual(second.problems, []);
});

test('a farewell ends the conversation, and another one can begin', { skip }, async () => {
  const { page, problems } = await openPage();
  await choose(page, 'Parrot');
  await write(page, 'goodbye');
  await said(page, 'reply', 'Good night.').waitFor();
  await said(page, 'note', 'The conversation is over').waitFor();
  await page.locator('#connection[data-state="open"]').waitFor();
  await choose(page, 'Parrot');
  await said(page, 'reply', 'Hello.').nth(1).waitFor();
  assert.deepEqual(problems, []);
});

test('nothing that a server or a character says is markup', { skip }, async () => {
  const { page, problems } = await openPage();
  await choose(page, 'Parrot');
  await said(page, 'reply', 'Hello.').waitFor();
  await write(page, '<img src=x onerror=alert(1)> & <b>bold</b>');
  await said(page, 'user', '<img src=x onerror=alert(1)> & <b>bold</b>').waitFor();
  assert.equal(await page.locator('#entries img, #entries b').count(), 0);
  assert.deepEqual(problems, []);
});
