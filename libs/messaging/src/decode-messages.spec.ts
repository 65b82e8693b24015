import { describe, expect, it } from '@jest/globals';
import { topics } from '@trebol/contracts';
import { decodeMessages } from './decode-messages.ts';
import type { IncomingMessage, MessageBatch } from './port.ts';

const batchOf = (...values: [key: string, value: string][]): MessageBatch => ({
  topic: 't', partition: 0,
  messages: values.map(([key, value], n): IncomingMessage => ({ topic: 't', partition: 0, offset: BigInt(n + 1), key, id: `m${n}`, type: 't', tenant: 'main', time: 0, value })),
});

const balance = JSON.stringify({
  memberId: `mbr_${'0'.repeat(12)}7${'0'.repeat(19)}`, programme: 'club', pointType: 'points', revision: 1, asOf: '2026-01-01T00:00:00.000Z', available: 1, pending: 0, held: 0,
  debt: 0, feeDue: 0, expiring: [],
});

describe('decoding a batch', () => {
  it('given values that satisfy a contract, when they are decoded, then they come typed and in order', () => {
    const { decoded, failures } = decodeMessages(batchOf(['a', balance], ['b', balance]), topics.pointsBalance.schema);
    expect(failures).toEqual([]);
    expect(decoded.map(({ message, value }) => [message.id, value.available])).toEqual([['m0', 1], ['m1', 1]]);
  });

  it('given a value that is no JSON, when it is decoded, then it is unreadable and its text is not quoted', () => {
    const { failures } = decodeMessages(batchOf(['a', '{"phone":"+34600000000"']), topics.pointsBalance.schema);
    expect(failures).toMatchObject([{ code: 'unreadable', detail: 'not JSON (23 characters)' }]);
  });

  it('given a value that breaks the schema, when it is decoded, then the failure says where', () => {
    const { failures } = decodeMessages(batchOf(['a', balance.replace('"available":1', '"available":"one"')]), topics.pointsBalance.schema);
    expect(failures).toMatchObject([{ code: 'schemaMismatch', detail: expect.stringContaining('/available: ') }]);
  });

  it('given a failure, when later messages of its key follow, then they are left for the replay and other keys are not', () => {
    const { decoded, failures } = decodeMessages(batchOf(['a', '-'], ['b', balance], ['a', balance], ['a', '-']), topics.pointsBalance.schema);
    expect(failures.map(({ message }) => message.id)).toEqual(['m0']);
    expect(decoded.map(({ message }) => message.id)).toEqual(['m1']);
  });
});
