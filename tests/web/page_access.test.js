/** The page for everybody: keyboard, screen reader, narrow windows, dark and light, two languages; and how heavy it is. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
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

async function openAt(path, { width, scheme }) {
  const watched = await watchedPage(browser, server.url);
  await watched.page.setViewportSize({ width, height: 800 });
  await watched.page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  await watched.page.goto(server.url + path);
  return watched;
}

async function openPage({ width = 1280, scheme = 'light', language = 'en' } = {}) {
  const watched = await openAt('/', { width, scheme });
  await watched.page.selectOption('#language', language);
  await watched.page.locator('.card').first().waitFor();
  return watched;
}

/** Everything that the page can show, shown. */
async function showAll(page) {
  for (const summary of await page.locator('summary').all()) await summary.click();
  await page.fill('#directory', cast('mixed'));
  await page.click('#load');
  await page.locator('.finding').first().waitFor();
  await page.click('#load-default');
  await page.click('.card[value="Storyteller"]');
  await page.locator('.entry .heard', { hasText: 'Once' }).waitFor();
  await page.fill('#text', 'enough');
  await page.press('#text', 'Enter');
  await page.locator('.cut').waitFor();
}

/** What axe finds that keeps people out. */
async function seriousViolations(page) {
  const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  await page.evaluate(await (await import('node:fs/promises')).readFile(axe, 'utf8'));
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

for (const width of [1280, 320]) {
  for (const scheme of ['light', 'dark']) {
    test(`axe finds nothing serious at ${width} px, ${scheme}`, { skip }, async () => {
      const { page, problems } = await openPage({ width, scheme, language: scheme === 'dark' ? 'fr' : 'en' });
      assert.deepEqual(await seriousViolations(page), []);
      await showAll(page);
      assert.deepEqual(await seriousViolations(page), []);
      assert.deepEqual(problems, []);
    });
  }
}

for (const [width, scheme] of [[1280, 'light'], [320, 'dark']]) {
  test(`axe finds nothing serious in the inspector at ${width} px, ${scheme}`, { skip }, async () => {
    const { page, problems, foreign } = await openAt('/inspect', { width, scheme });
    await page.getByRole('textbox').fill(cast('mixed'));
    await page.keyboard.press('Enter');
    await page.getByText('syntax-error').first().waitFor();
    await page.getByRole('button', { name: 'Fine' }).click();
    await page.getByText('You are fine.').first().waitFor();
    assert.deepEqual(await seriousViolations(page), []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
    assert.deepEqual([problems, foreign], [[], []]);
  });
}

test('nothing is wider than a window of 320 px', { skip }, async () => {
  for (const language of ['en', 'fr']) {
    const { page } = await openPage({ width: 320, language });
    await showAll(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320, language);
  }
});

test('a keyboard is enough', { skip }, async () => {
  const { page, problems } = await openPage();
  const tabTo = async (selector) => {
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate((one) => document.activeElement.matches(one), selector)) return;
    }
    assert.fail(`the keyboard does not reach ${selector}`);
  };
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the text box');
  await tabTo('.card[value="Parrot"]');
  await page.keyboard.press('Enter');
  await page.locator('.entry[data-kind="reply"]', { hasText: 'Hello.' }).waitFor();
  await tabTo('#text');
  await page.keyboard.type('by keyboard');
  await page.keyboard.press('Enter');
  await page.locator('.entry[data-kind="reply"]', { hasText: 'You said: by keyboard.' }).waitFor();
  await tabTo('#microphone');
  await page.keyboard.press('Enter');
  await page.locator('#microphone[aria-pressed="true"]').waitFor();
  assert.deepEqual(problems, []);
});

test('words that come one by one are no live region, changes of state are', { skip }, async () => {
  const { page } = await openPage();
  const live = await page.locator('[aria-live], [role="status"], [role="alert"], [role="log"]').evaluateAll(
    (all) => all.map((one) => one.id || one.textContent));
  assert.ok(!live.includes('transcript') && !live.includes('entries'));
  for (const id of ['connection', 'announcer', 'banner-text', 'microphone-problem']) assert.ok(live.includes(id), id);
});

test('the page is French for who wants it, and stays so', { skip }, async () => {
  const { page } = await openPage({ language: 'fr' });
  assert.equal(await page.getAttribute('html', 'lang'), 'fr');
  await page.getByText('Choisissez un personnage :').waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Allumer le micro' }).waitFor();
  await page.getByRole('link', { name: 'Inspecteur de troupe' }).click();
  await page.getByRole('heading', { name: 'Inspecteur de troupe' }).waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'fr');
});

test('the first paint needs less than 100 KB', { skip }, async () => {
  const { page } = await watchedPage(browser, server.url);
  const sizes = new Map();
  page.on('response', async (response) => {
    if (response.request().method() !== 'HEAD') sizes.set(response.url(), (await response.body()).length);
  });
  await page.goto(server.url, { waitUntil: 'networkidle' });
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  assert.ok(sizes.size > 10, 'nothing was counted');
  assert.ok(total < 100 * 1024, `${total} bytes`);
});
