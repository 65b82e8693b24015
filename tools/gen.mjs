// Makes what is derived from the contracts: a JSON Schema for each topic, the AsyncAPI document and the table of topics in the docs.
// `node tools/gen.mjs` writes; `node tools/gen.mjs --check` exits 1 when a committed file differs from what would be written.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { topics } from '@trebol/contracts';
import { asyncApiOf, schemaOf } from './async-api.mjs';

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');

const json = (document) => `${JSON.stringify(document, null, 2)}\n`;
const files = new Map(Object.values(topics).map((topic) => [join(root, 'libs', 'contracts', 'schemas', `${topic.name}.json`), json(schemaOf(topic))]));
files.set(join(root, 'libs', 'contracts', 'asyncapi.json'), json(asyncApiOf(topics)));
files.set(join(root, 'docs', 'topics.md'), topicsPage());

function topicsPage() {
  const retention = (kept) => (kept === 'compacted' ? 'newest of each key' : `${kept.days} days`);
  const rows = Object.values(topics).map((topic) =>
    `| \`${topic.name}\` | ${topic.owner} | ${topic.keyedBy} | ${topic.partitions} | ${retention(topic.retention)} | [schema](../libs/contracts/schemas/${topic.name}.json) |`);
  return `# Topics\n\nMade by \`npm run gen\` from \`libs/contracts/src/topics.ts\`; do not edit. The same as AsyncAPI 3: [asyncapi.json](../libs/contracts/asyncapi.json).\n\n| topic | written by | key | partitions | kept | shape |\n|---|---|---|---|---|---|\n${rows.join('\n')}\n`;
}

const read = (file) => { try { return readFileSync(file, 'utf8'); } catch { return undefined; } };
const stale = [...files].filter(([file, content]) => read(file) !== content);
for (const [file, content] of check ? [] : stale) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
for (const [file] of stale) console.log(`${check ? 'differs' : 'wrote'}: ${relative(root, file)}`);
process.exit(check && stale.length > 0 ? 1 : 0);
