import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from '../port.ts';
import type { FetchedBatch } from './partition-source.ts';
import { split, stepOf } from './step.ts';

const message = (offset: bigint, key: string): IncomingMessage => ({ topic: 't', partition: 0, offset, key, id: `m-${offset}`, type: 't', tenant: 'main', time: 0, value: '' });
const batchOf = (keys: string, extra: Partial<FetchedBatch> = {}, parked = ''): FetchedBatch => {
  const messages = keys.split('').map((key, n) => message(BigInt(n), key));
  return { claim: { topic: 't', partition: 0, parkedKeys: new Set(parked.split('')), lost: new AbortController().signal }, kind: 'new', messages, through: 9n, ...extra };
};
const offsetsOf = (messages: readonly IncomingMessage[]): bigint[] => messages.map(({ offset }) => offset);
const failing = (batch: FetchedBatch, offset: number) => ({ message: batch.messages[offset] ?? message(99n, '?'), code: 'c', detail: 'd' });

describe('the step that follows from a batch', () => {
  it('given messages the adapter cannot read, when the batch is handed over, then they and later ones of their key are not, and become dead letter and waiting', () => {
    const plain = batchOf('abaac');
    const batch = { ...plain, refused: [failing(plain, 2)] };
    expect(offsetsOf(split(batch).handed)).toEqual([0n, 1n, 4n]);
    const step = stepOf(batch, [failing(batch, 4)]);
    expect(step.failed.map((failure) => failure.message.offset)).toEqual([2n, 4n]);
    expect(offsetsOf(step.waiting)).toEqual([3n]);
  });

  it('given an unreadable message of a parked key, when the step is made, then it waits like the others of that key', () => {
    const plain = batchOf('ab', {}, 'a');
    const step = stepOf({ ...plain, refused: [failing(plain, 0)] }, []);
    expect([step.failed, offsetsOf(step.waiting)]).toEqual([[], [0n]]);
  });

  it('given a replay with an unreadable message, when the step is made, then it fails again and what follows waits', () => {
    const plain = batchOf('aaa', { kind: 'replay' }, 'a');
    const batch = { ...plain, refused: [failing(plain, 1)] };
    expect(offsetsOf(split(batch).handed)).toEqual([0n]);
    expect(stepOf(batch, [])).toMatchObject({ failed: [{ message: { offset: 1n } }], waiting: [{ offset: 2n }] });
  });

  it('given a failure for a message that was not handed over, when the step is made, then it throws', () => {
    const plain = batchOf('ab');
    const batch = { ...plain, refused: [failing(plain, 0)] };
    expect(() => stepOf(batch, [failing(batch, 0)])).toThrow('not in its batch');
    expect(() => stepOf(batchOf('a'), [{ message: message(7n, 'a'), code: 'c', detail: 'd' }])).toThrow('offset 7');
  });
});
