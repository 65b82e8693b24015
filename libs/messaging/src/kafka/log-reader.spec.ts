import { describe, expect, it } from '@jest/globals';
import { eventually, fixedClock } from '@trebol/testing';
import type { Admin, Cluster, Kafka } from 'kafkajs';
import { LogReader } from './log-reader.ts';

interface Answer { readonly offsets?: readonly number[]; readonly highWatermark?: string; readonly isControlRecord?: boolean }

/** A broker that gives the answers one after the other, the last one again and again. */
function readerOf(answers: readonly Answer[]) {
  const asked: number[] = [];
  const fetch = ({ topics: [topic] }: { topics: { partitions: { fetchOffset: string }[] }[] }) => {
    asked.push(Number(topic?.partitions[0]?.fetchOffset));
    const { offsets = [], highWatermark, isControlRecord } = answers[Math.min(asked.length, answers.length) - 1] ?? {};
    const messages = offsets.map((offset) => ({ offset: String(offset), key: null, value: null, timestamp: '0', isControlRecord }));
    return Promise.resolve({ responses: highWatermark === undefined ? [] : [{ partitions: [{ messages, highWatermark }] }] });
  };
  const cluster = {
    isConnected: () => true, addTargetTopic: async () => {}, refreshMetadataIfNecessary: async () => {}, refreshMetadata: async () => {},
    findLeaderForPartitions: () => ({ 1: [0] }), findBroker: () => Promise.resolve({ fetch }),
  } as unknown as Cluster;
  const kafka = {
    consumer: ({ partitionAssigners: [assigner] }: { partitionAssigners: ((parts: { cluster: Cluster }) => unknown)[] }) => {
      assigner?.({ cluster });
      return { connect: async () => {}, disconnect: async () => {} };
    },
  } as unknown as Kafka;
  const clock = fixedClock(0);
  const reader = new LogReader(kafka, {} as Admin, clock);
  const read = async (high: bigint): Promise<number[]> => {
    const found: number[] = [];
    for await (const { offset } of reader.read('t.g.dlq', 0, { low: 0n, high })) found.push(Number(offset));
    return found;
  };
  /** Runs the pauses between attempts. */
  const readThrough = async (high: bigint): Promise<number[]> => {
    let done = false;
    const reading = read(high).finally(() => { done = true; });
    reading.catch(() => undefined);
    await eventually(() => {
      clock.advance(1_000);
      return done;
    }, 'the end');
    return await reading;
  };
  return { asked, readThrough };
}

describe('reading a partition from one place to another', () => {
  it('given a broker that gives nothing for a while, when it is read, then it is asked again and all of it comes', async () => {
    const { asked, readThrough } = readerOf([
      { offsets: [0, 1], highWatermark: '4' }, { highWatermark: '2' }, {}, { highWatermark: '2' }, { offsets: [2, 3], highWatermark: '4' }]);
    expect(await readThrough(4n)).toEqual([0, 1, 2, 3]);
    expect(asked).toEqual([0, 2, 2, 2, 2]);
  });

  it.each([['that is behind', { highWatermark: '2' }], ['that holds us back', {}]])(
    'given a broker %s and stays so, when it is read, then a part is not taken for the whole', async (_what, stuck) => {
      const { asked, readThrough } = readerOf([{ offsets: [0, 1], highWatermark: '4' }, stuck]);
      await expect(readThrough(4n)).rejects.toThrow('t.g.dlq/0 gives nothing from offset 2 on, and should reach to 4');
      expect(asked).toEqual([0, 2, 2, 2, 2, 2]);
    });

  it('given a partition whose end was compacted away, when it is read, then it ends there', async () => {
    const { readThrough } = readerOf([{ offsets: [0, 1], highWatermark: '9' }, { highWatermark: '9' }]);
    expect(await readThrough(9n)).toEqual([0, 1]);
  });

  it('given markers of transactions, gaps, and more than was asked for, when it is read, then only the records between come', async () => {
    const { readThrough } = readerOf([
      { offsets: [0, 3], highWatermark: '9' }, { offsets: [4], highWatermark: '9', isControlRecord: true }, { offsets: [6, 7, 8], highWatermark: '9' }]);
    expect(await readThrough(8n)).toEqual([0, 3, 6, 7]);
  });
});
