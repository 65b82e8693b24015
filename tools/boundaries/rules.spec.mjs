import { describe, expect, it } from '@jest/globals';
import { checkEdges, checkFile, importsOf } from './rules.mjs';

const projects = [
  { name: 'contracts', tag: 'contracts' }, { name: 'postgres-bulk', tag: 'bulk' }, { name: 'event-store', tag: 'platform' }, { name: 'chassis', tag: 'platform' },
  { name: 'points', tag: 'rules' }, { name: 'testing', tag: 'testing' }, { name: 'earning', tag: 'service' }, { name: 'ledger', tag: 'service' }, { name: 'standalone', tag: 'composition' },
];
const edge = (from, to, file = `x/${from}/src/a.ts`) => checkEdges(projects, [{ from, to, file }]);
const file = (facts) => checkFile({ path: 'libs/points/src/a.ts', project: 'points', tag: 'rules', imports: [], text: '', shellFolders: [], ...facts });

describe('the walls between projects', () => {
  it.each([
    ['contracts', 'postgres-bulk'], ['contracts', 'chassis'], ['postgres-bulk', 'contracts'], ['event-store', 'points'], ['chassis', 'ledger'], ['points', 'chassis'],
    ['points', 'postgres-bulk'], ['earning', 'ledger'], ['earning', 'standalone'], ['points', 'earning'],
  ])('given %s, when it depends on %s, then it is refused', (from, to) => {
    expect(edge(from, to)).toHaveLength(1);
  });

  it.each([
    ['points', 'event-store'], ['points', 'contracts'], ['earning', 'points'], ['earning', 'chassis'], ['standalone', 'ledger'], ['event-store', 'postgres-bulk'],
  ])('given %s, when it depends on %s, then it is let through', (from, to) => {
    expect(edge(from, to)).toEqual([]);
  });

  it('given product code, when it imports testing, then it is refused; a spec may', () => {
    expect(edge('earning', 'testing')).toHaveLength(1);
    expect(edge('earning', 'testing', 'services/earning/src/a.spec.ts')).toEqual([]);
  });

  it('given a project without a tag, when it depends on anything, then it is refused', () => {
    expect(checkEdges([{ name: 'new', tag: undefined }, ...projects], [{ from: 'new', to: 'contracts', file: 'a' }])).toHaveLength(1);
  });
});

describe('what a file may import and say', () => {
  it.each([
    ['contracts', '@nestjs/common'], ['contracts', 'typeorm'], ['contracts', 'kafkajs'], ['contracts', 'node:fs'], ['rules', '@nestjs/core'], ['rules', 'typeorm'],
    ['rules', 'pg'], ['rules', 'node:http'], ['bulk', '@nestjs/common'], ['service', '@nestjs/cqrs'], ['platform', '@nestjs/cqrs'],
  ])('given %s, when it imports %s, then it is refused', (tag, name) => {
    expect(file({ tag, imports: [name] })).not.toEqual([]);
  });

  it('given an outside client, when it is loaded outside its folder, then it is refused', () => {
    expect(file({ tag: 'platform', path: 'libs/messaging/src/runner/a.ts', imports: ['kafkajs'] })).toHaveLength(1);
    expect(file({ tag: 'platform', path: 'libs/messaging/src/kafka/a.ts', imports: ['kafkajs'] })).toEqual([]);
  });

  it.each([
    "import kafkajs from 'kafkajs';", "import type { Admin } from 'kafkajs';", "export { Kafka } from 'kafkajs';", "const { Kafka } = await import('kafkajs');",
    "const hash = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2');", "const kafka = require('kafkajs');",
  ])('given a spec outside its folder, when it loads kafkajs by %s, then it is refused; a name that only begins so is not', (text) => {
    const facts = { tag: 'platform', path: 'libs/messaging/src/partition-of.spec.ts' };
    expect(file({ ...facts, imports: importsOf(text) })).toHaveLength(1);
    expect(file({ ...facts, imports: importsOf(text.replace("'kafkajs", "'kafkajs-like")) })).toEqual([]);
  });

  it('given two slices with shells, when one imports the other, then it is refused; a folder without a shell may be used', () => {
    const facts = { tag: 'service', path: 'services/earning/src/rate/a.ts', shellFolders: ['services/earning/src/stores'] };
    expect(file({ ...facts, imports: ['../stores/b.ts'] })).toHaveLength(1);
    expect(file({ ...facts, imports: ['../rules/b.ts', './c.ts', '../problems.ts'] })).toEqual([]);
  });

  it.each(['const t = new Date();', 'const t = Date.now();', 'Math.random()', 'randomUUID()', 'process.env.HOME'])('given rules, when they say %s, then it is refused', (text) => {
    expect(file({ text })).toHaveLength(1);
  });

  it('given a comment about a clock, when it is only a comment, then it is let through', () => {
    expect(file({ text: '// never new Date() here\n/* Date.now() */' })).toEqual([]);
  });

  it('given a dumping ground, when a file is put there, then it is refused', () => {
    expect(file({ path: 'services/earning/src/utils/a.ts' })).toHaveLength(1);
  });
});
