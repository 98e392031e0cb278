/** That the harness sees what it is there to see. */
import assert from 'node:assert/strict';
import test from 'node:test';

import { cannotRun, launchChromium, recorded, servePage, watchedPage } from './support/harness.js';

const skip = await cannotRun();

test(
  'the harness notes what a page must not do, and records what it plays',
  { skip, timeout: 60_000 },
  async (t) => {
    const server = await servePage();
    t.after(() => server.close());
    const browser = await launchChromium();
    t.after(() => browser.close());
    const { page, problems, foreign } = await watchedPage(browser, server.url);
    await page.goto(`${server.url}/__test/blank.html`);
    assert.deepEqual([problems, foreign], [[], []]);

    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.inline = true';
      document.body.append(script);
    });
    assert.equal(problems.length, 1);
    assert.match(problems[0], /Content Security Policy/);
    const uncaught = page.waitForEvent('pageerror');
    await page.evaluate(() => setTimeout(() => window.nothing.at.all));
    await uncaught;
    assert.match(problems[1], /^uncaught: /);

    await page.evaluate(async () => {
      const context = new AudioContext();
      await window.soundRecorder.ready();
      const source = new ConstantSourceNode(context, { offset: 0.25 });
      source.connect(context.destination);
      source.start();
      const begun = context.currentTime;
      while (context.currentTime < begun + 0.2) await new Promise((resolve) => setTimeout(resolve, 5));
      source.disconnect(context.destination);
      while (context.currentTime < begun + 0.4) await new Promise((resolve) => setTimeout(resolve, 5));
    });
    const { samples } = await recorded(page);
    assert.ok(samples.includes(0.25));
    assert.equal(samples.at(-1), 0);

    await page.goto('http://elsewhere.test/').catch(() => {});
    assert.deepEqual(foreign, ['http://elsewhere.test/']);
  },
);
