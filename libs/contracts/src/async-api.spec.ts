import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { topics } from './index.ts';

interface Golden { readonly topic: string; readonly key: string; readonly headers: Readonly<Record<string, string>>; readonly value: object }
interface Message {
  readonly headers: object; readonly payload: { readonly schema: { readonly $ref: string } };
  readonly bindings: { readonly kafka: { readonly key: object } };
}
interface Kafka { readonly partitions: number; readonly topicConfiguration: object }
interface Document {
  readonly channels: Readonly<Record<string, { readonly address: string; readonly bindings: { readonly kafka: Kafka } }>>;
  readonly operations: Readonly<Record<string, { readonly action: string; readonly tags: readonly { readonly name: string }[] }>>;
  readonly components: { readonly messages: Readonly<Record<string, Message>> };
}

const library = join(import.meta.dirname, '..');
const read = (file: string): unknown => JSON.parse(readFileSync(join(library, file), 'utf8'));
const document = read('asyncapi.json') as Document;
const golden = readdirSync(join(library, 'golden')).flatMap((file) => read(`golden/${file}`) as Golden[]);
const newAjv = (): Ajv => formats.default(new Ajv({ strict: false, allErrors: true }));
/** The schema that the AsyncAPI Initiative publishes for version 3.0.0. */
const official = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object;

/** The message of a channel, found as a reader of the document finds it. */
function messageOf(topic: string): Message {
  const [name = ''] = Object.entries(document.channels).find(([, { address }]) => address === topic) ?? [];
  const message = document.components.messages[name];
  if (!message) throw new Error(`no channel with address ${topic}`);
  return message;
}

/** What is wrong with a message by the document alone: its key, its headers and its value. */
function faultsOf({ topic, key, headers, value }: Golden): string[] {
  const ajv = newAjv();
  const { headers: headersSchema, payload, bindings } = messageOf(topic);
  const parts: [string, object, unknown][] = [
    ['key', bindings.kafka.key, key], ['headers', headersSchema, headers], ['value', read(payload.schema.$ref) as object, value]];
  return parts.flatMap(([name, schema, data]) => {
    const check = ajv.compile(schema);
    return check(data) ? [] : [`${name}: ${ajv.errorsText(check.errors)}`];
  });
}

describe('the AsyncAPI document', () => {
  it('given the schema of AsyncAPI 3.0.0, when the document is held against it, then it is valid; a channel without address is not', () => {
    const check = newAjv().compile(official);
    expect([check(document), check.errors]).toEqual([true, null]);
    expect(check({ ...document, channels: { ticket: { address: 7 } } })).toBe(false);
  });

  it('given the catalogue, when the document is read, then it has each topic with its partitions, its retention and its one owner', () => {
    const declared = Object.entries(topics).map(([name, { name: address, partitions, retention, owner }]) => {
      const kept = retention === 'compacted' ? { 'cleanup.policy': ['compact'] }
        : { 'cleanup.policy': ['delete'], 'retention.ms': retention.days * 86_400_000 };
      return [name, address, { partitions, topicConfiguration: kept }, owner, owner === 'chain' ? 'receive' : 'send'];
    });
    const written = Object.entries(document.operations).map(([operation, { action, tags }]) => {
      const name = operation.slice(operation.indexOf('.') + 1);
      const channel = document.channels[name];
      if (!channel) throw new Error(`no channel ${name}`);
      const { address, bindings: { kafka: { partitions, topicConfiguration } } } = channel;
      return [name, address, { partitions, topicConfiguration }, tags[0]?.name, action];
    });
    expect(written).toEqual(declared);
  });

  it.each(golden)('given a golden message of $topic, when it is held against its channel, then key, headers and value are as said there', (message) => {
    expect(faultsOf(message)).toEqual([]);
  });

  it('given a key, a header or a value that is not as said, when it is held against its channel, then it is found', () => {
    const entry = golden.find(({ topic }) => topic === topics.pointsEntry.name);
    if (!entry) throw new Error('no golden entry');
    const { tenant: _tenant, ...headers } = entry.headers;
    expect(faultsOf({ ...entry, key: 'ana' })).toEqual([expect.stringMatching(/^key: /)]);
    expect(faultsOf({ ...entry, headers })).toEqual([expect.stringMatching(/^headers: .*tenant/)]);
    expect(faultsOf({ ...entry, headers: { ...entry.headers, ce_dataschema: topics.pointsBalance.dataSchema } }))
      .toEqual([expect.stringMatching(/^headers: .*ce_dataschema/)]);
    expect(faultsOf({ ...entry, value: { ...entry.value, points: 1.5 } })).toEqual([expect.stringMatching(/^value: .*points/)]);
  });

  it('given a schema, when it is looked up by ce_dataschema, then it is the one that the channel names', () => {
    for (const { name, dataSchema } of Object.values(topics)) {
      expect(read(messageOf(name).payload.schema.$ref)).toMatchObject({ $id: dataSchema, title: name });
    }
  });
});
