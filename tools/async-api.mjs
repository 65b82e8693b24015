// The topics as an AsyncAPI 3 document, and the JSON Schemas it points to: both made from the one catalogue of `@trebol/contracts`.
import { topicKeys } from '@trebol/contracts';
import { z } from 'zod';

const DAY_MS = 86_400_000;
/** The dialect that all AsyncAPI tools read. */
const DRAFT = 'application/schema+json;version=draft-07';
const BINDING = '0.5.0';

const jsonSchema = (schema) => z.toJSONSchema(schema, { io: 'input', target: 'draft-7' });

/** The JSON Schema of a topic's values, under the name its messages carry in `ce_dataschema`. */
export const schemaOf = (topic) => ({ $id: topic.dataSchema, title: topic.name, ...jsonSchema(topic.schema) });

/** The whole catalogue, seen from Trébol: it sends what its parts own and receives what the chain owns. */
export function asyncApiOf(topics) {
  const entries = Object.entries(topics);
  const owners = [...new Set(entries.map(([, { owner }]) => owner))];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Trébol', version: '1', license: { name: 'Apache-2.0' },
      description: 'Made by `npm run gen` from `libs/contracts/src/topics.ts`; do not edit. What Trébol sends and receives over Kafka: JSON with '
        + 'CloudEvents 1.0 headers in binary mode. At least once, in order by key.',
      tags: owners.map((name) => ({ name })),
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(entries.map(([name, topic]) => [name, channelOf(name, topic)])),
    operations: Object.fromEntries(entries.map(([name, topic]) => [`${topic.owner}.${name}`, operationOf(name, topic)])),
    components: { messages: Object.fromEntries(entries.map(([name, topic]) => [name, messageOf(topic)])) },
  };
}

const channelOf = (name, { name: address, partitions, retention }) => ({
  address,
  messages: { [name]: { $ref: `#/components/messages/${name}` } },
  bindings: {
    kafka: {
      topic: address, partitions, bindingVersion: BINDING,
      topicConfiguration: retention === 'compacted'
        ? { 'cleanup.policy': ['compact'] }
        : { 'cleanup.policy': ['delete'], 'retention.ms': retention.days * DAY_MS },
    },
  },
});

const operationOf = (name, { owner }) => ({
  action: owner === 'chain' ? 'receive' : 'send',
  title: owner === 'chain' ? 'The chain writes; Trébol reads' : `Written by ${owner} alone`,
  channel: { $ref: `#/channels/${name}` },
  messages: [{ $ref: `#/channels/${name}/messages/${name}` }],
  tags: [{ name: owner }],
});

const messageOf = (topic) => ({
  name: topic.name, contentType: 'application/json',
  headers: headersOf(topic),
  payload: { schemaFormat: DRAFT, schema: { $ref: `./schemas/${topic.name}.json` } },
  bindings: { kafka: { key: { description: topic.keyedBy, ...withoutDialect(jsonSchema(topicKeys[topic.keyedBy])) }, bindingVersion: BINDING } },
});

const withoutDialect = ({ $schema: _dialect, ...schema }) => schema;

/** Those that Trébol sends always; it reads what has an id and a tenant. */
function headersOf({ name, owner, dataSchema }) {
  const text = { type: 'string', minLength: 1 };
  const read = ['ce_id', 'tenant'];
  const sent = [...read, 'ce_specversion', 'ce_type', 'ce_source', 'ce_subject', 'ce_time', 'ce_dataschema', 'content-type'];
  return {
    type: 'object', required: owner === 'chain' ? read : sent,
    properties: {
      ce_specversion: { const: '1.0' }, ce_id: { ...text, description: 'The same for a message sent again.' },
      ce_type: { ...text, default: name }, ce_source: { ...text, format: 'uri-reference' },
      ce_subject: { ...text, description: "The message's key." }, ce_time: { ...text, format: 'date-time' },
      ce_dataschema: { const: dataSchema }, 'content-type': { const: 'application/json' }, tenant: text,
      traceparent: { ...text, description: 'W3C Trace Context.' },
    },
  };
}
