import { describe, expect, it } from '@jest/globals';
import { eventually, fixedClock } from '@trebol/testing';
import fc from 'fast-check';
import kafkajs, { type Producer, type ProducerBatch, type RecordMetadata } from 'kafkajs';
import { gate } from '../contract-suite/scene.ts';
import { partitionOf } from '../partition-of.ts';
import { Publisher, PUBLISH_MS_MAX } from './publisher.ts';
import type { OutgoingRecord } from './records.ts';

const record = (key: string, bytes = 100, partition = 0): OutgoingRecord => ({ topic: 't', partition, key, value: '{}', headers: {}, bytes });

/** Producers that note what they are asked to send; `answer` decides what comes of it. */
function producers(answer: (sent: number) => Promise<void>): { sent: string[][]; made: () => number; newProducer: () => Producer } {
  const sent: string[][] = [];
  let made = 0;
  const next = new Map<number, number>();
  const newProducer = () => {
    made += 1;
    return {
      connect: async () => {}, disconnect: async () => {},
      sendBatch: async ({ topicMessages = [] }: ProducerBatch): Promise<RecordMetadata[]> => {
        sent.push(topicMessages.flatMap(({ messages }) => messages.map(({ key }) => String(key))));
        await answer(sent.length);
        const counts = new Map<number, number>();
        for (const { partition = 0 } of topicMessages.flatMap(({ messages }) => messages)) counts.set(partition, (counts.get(partition) ?? 0) + 1);
        return [...counts].map(([partition, count]) => {
          const base = next.get(partition) ?? 0;
          next.set(partition, base + count);
          return { topicName: 't', partition, errorCode: 0, baseOffset: String(base) };
        });
      },
    } as unknown as Producer;
  };
  return { sent, made: () => made, newProducer };
}

describe('publishing to Kafka', () => {
  it('given any key and number of partitions, when it is placed by the bus and by Kafka, then it is the same partition', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.integer({ min: 1, max: 256 }), (key, partitions) => {
      const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, leader: 1, partitionErrorCode: 0, replicas: [], isr: [] }));
      const byKafka = kafkajs.Partitioners.DefaultPartitioner()({ topic: 't', partitionMetadata, message: { key, value: '' } });
      expect(partitionOf(key, partitions)).toBe(byKafka);
    }));
  });

  it('given a request on its way, when more is published, then it goes together in the next one, in order', async () => {
    const { opened, open } = gate();
    const { sent, newProducer } = producers(async (count) => { if (count === 1) await opened; });
    const publisher = new Publisher(newProducer, fixedClock(0));
    const writes = ['a', 'b', 'c'].map((key) => publisher.write([record(key)]));
    await eventually(() => sent.length === 1, 'the first request');
    open();
    const written = await Promise.all(writes);
    expect(sent).toEqual([['a'], ['b', 'c']]);
    expect(written.flat().map(({ offset }) => offset)).toEqual([0n, 1n, 2n]);
  });

  it('given more than a broker takes for a partition, when it is published, then it is cut, and the order of the partition is kept', async () => {
    const { sent, newProducer } = producers(async () => {});
    const publisher = new Publisher(newProducer, fixedClock(0));
    await publisher.write([record('a1', 900_000), record('a2', 900_000), record('a3', 100), record('b1', 100, 1)]);
    expect(sent).toEqual([['a1', 'b1'], ['a2', 'a3']]);
  });

  it('given a request that failed, when something else is published, then it goes by a new producer: the old one would have the broker drop it as a repetition', async () => {
    const { made, newProducer } = producers(async (count) => { if (count === 1) throw new Error('connection lost'); });
    const publisher = new Publisher(newProducer, fixedClock(0));
    await expect(publisher.write([record('a')])).rejects.toThrow('connection lost');
    await publisher.write([record('b')]);
    expect(made()).toBe(2);
  });

  it('given brokers that do not answer, when time is over, then the publish is refused', async () => {
    const clock = fixedClock(0);
    const { sent, newProducer } = producers(() => new Promise(() => {}));
    const writing = new Publisher(newProducer, clock).write([record('a')]);
    await eventually(() => sent.length === 1, 'on its way');
    clock.advance(PUBLISH_MS_MAX);
    await expect(writing).rejects.toThrow('did not acknowledge');
  });
});
