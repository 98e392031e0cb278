import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { bestLanguage, fill } from '../../../web/js/i18n.js';
import { strings } from '../../../web/js/strings.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path) => readFileSync(root + path, 'utf8');

test('every language has the same texts with the same values', () => {
  const valuesOf = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const [language, texts] of Object.entries(strings)) {
    assert.deepEqual(Object.keys(texts), Object.keys(strings.en), language);
    for (const [key, text] of Object.entries(texts)) {
      assert.deepEqual(valuesOf(text), valuesOf(strings.en[key]), `${language}: ${key}`);
    }
  }
});

test('every text that the page names is there, and every text is named', () => {
  const sources = readdirSync(`${root}web/js`).filter((name) => name.endsWith('.js') && name !== 'strings.js');
  const code = [...sources.map((name) => read(`web/js/${name}`)), read('web/index.html')].join('\n');
  const named = [...code.matchAll(/\btext\('([\w.-]+)'|data-(?:text|placeholder)="([\w.-]+)"|note\('\w+', '([\w-]+)'|#tell\('([\w.-]+)'/g)];
  for (const [, direct, inPage, note, told] of named) {
    const key = direct ?? inPage ?? told ?? `note.${note}`;
    assert.ok(key in strings.en, `missing: ${key}`);
  }
  const families = /^(phase|note|microphone|playback|error|hint|service)\./; // named by what comes at run time
  for (const key of Object.keys(strings.en)) {
    assert.ok(families.test(key) || code.includes(`'${key}'`) || code.includes(`"${key}"`), `nobody uses ${key}`);
  }
});

test('every code of a problem in a character file has a hint', () => {
  const diagnostics = read('docs/errors.md').split('## Diagnostics')[1];
  const codes = [...diagnostics.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, code]) => code);
  assert.ok(codes.length > 20);
  const hinted = Object.keys(strings.en).filter((key) => key.startsWith('hint.')).map((key) => key.slice(5));
  assert.deepEqual(hinted.sort(), codes.sort());
});

test('every error that has a text is one of the server’s', () => {
  const documented = read('docs/errors.md');
  for (const key of Object.keys(strings.en).filter((one) => one.startsWith('error.'))) {
    assert.ok(documented.includes(`\`${key.slice(6)}\``), key);
  }
});

test('the language is the first that both have', () => {
  assert.equal(bestLanguage(['fr-CA', 'en']), 'fr');
  assert.equal(bestLanguage(['', 'de', 'en-GB', 'fr']), 'en');
  assert.equal(bestLanguage(['ja']), 'en');
});

test('values that are missing stay visible', () => {
  assert.equal(fill('{a} and {b}', { a: 1 }), '1 and {b}');
});
