// Makes what is derived from the contracts: a JSON Schema for each topic, the AsyncAPI document and the table of topics in the docs.
// `node tools/gen.mjs` writes; `node tools/gen.mjs --check` exits 1 when a committed file differs from what would be written.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { topics } from '@trebol/contracts';
import { asyncApiOf, schemaOf } from './async-api.mjs';

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');

/** Names that are given already, for topics that nobody writes yet: declared, they would be empty topics with a made-up shape. */
const TO_COME = [
  ['trebol.earning.rules-activated.v1', 'earning', 'rule set', 'the sentences of rules in es and en: until then the active rules are read at `GET /v1/rules`'],
  ['trebol.segment.membership.v1', 'segmentation', 'member', 'segments that members enter and leave as they go'],
  ['trebol.notification.outcome.v1', 'notifications', 'member', 'the notifications service'],
];

const json = (document) => `${JSON.stringify(document, null, 2)}\n`;
const files = new Map(Object.values(topics).map((topic) => [join(root, 'libs', 'contracts', 'schemas', `${topic.name}.json`), json(schemaOf(topic))]));
files.set(join(root, 'libs', 'contracts', 'asyncapi.json'), json(asyncApiOf(topics)));
files.set(join(root, 'docs', 'topics.md'), topicsPage());

function topicsPage() {
  const retention = (kept) => (kept === 'compacted' ? 'newest of each key' : `${kept.days} days`);
  const rows = Object.values(topics).map((topic) =>
    `| \`${topic.name}\` | ${topic.owner} | ${topic.keyedBy} | ${topic.partitions} | ${retention(topic.retention)} | [schema](../libs/contracts/schemas/${topic.name}.json) |`);
  return `# Topics\n\nMade by \`npm run gen\` from \`libs/contracts/src/topics.ts\`; do not edit. The same as AsyncAPI 3: [asyncapi.json](../libs/contracts/asyncapi.json).\n\n| topic | written by | key | partitions | kept | shape |\n|---|---|---|---|---|---|\n${rows.join('\n')}\n\n${toCome()}`;
}

function toCome() {
  const declared = TO_COME.filter(([name]) => Object.values(topics).some((topic) => topic.name === name));
  if (declared.length > 0) throw new Error(`${declared[0][0]} is declared now: take it out of what is to come`);
  const rows = TO_COME.map(([name, owner, key, comesWith]) => `| \`${name}\` | ${owner} | ${key} | ${comesWith} |`);
  return `## To come\n\nNobody writes these yet, so no bus has them; the names are taken.\n\n| topic | written by | key | comes with |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

const read = (file) => { try { return readFileSync(file, 'utf8'); } catch { return undefined; } };
const stale = [...files].filter(([file, content]) => read(file) !== content);
for (const [file, content] of check ? [] : stale) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
for (const [file] of stale) console.log(`${check ? 'differs' : 'wrote'}: ${relative(root, file)}`);
process.exit(check && stale.length > 0 ? 1 : 0);
