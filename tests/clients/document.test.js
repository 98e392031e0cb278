/** docs/openai.md names tests: they are there. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const textOf = (path) => readFile(new URL(path, import.meta.url), 'utf8');

test('every test that the document names is there', async () => {
  const table = (await textOf('../../docs/openai.md')).split('## What works')[1].split('## ')[0];
  let named = 0;
  for (const row of table.split('\n').filter((line) => line.startsWith('| '))) {
    for (const part of row.split('|')[2].split(';')) {
      const files = [...part.matchAll(/`(\w+)`/g)].map(([, file]) => file);
      const names = [...part.matchAll(/\*([^*]+)\*/g)].map(([, name]) => name);
      for (const file of files) {
        const text = await textOf(`${file}.test.js`);
        for (const fragment of names.flatMap((name) => name.split('…')).map((one) => one.trim())) {
          assert.ok(text.includes(fragment), `${file}.test.js has no test "${fragment}"`);
        }
        named += names.length;
      }
    }
  }
  assert.ok(named > 20, `${named} are named`);
});
