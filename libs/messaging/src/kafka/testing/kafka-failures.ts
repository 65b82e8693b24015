import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, notRun, realClock } from '@trebol/testing';
import kafkajs from 'kafkajs';
import { startKafka, type KafkaRig } from '../../../../../tools/rigs/kafka/rig.ts';
import { gate, idsByKey, idsOf } from '../../contract-suite/scene.ts';
import { newClient, parseKafkaUrl } from '../connection.ts';
import { KafkaBus } from '../kafka-bus.ts';
import { BUFFER_BYTES_MAX } from '../kafka-source.ts';
import { PRODUCER_OPTIONS } from '../publisher.ts';
import { openBus } from '../../open-bus.ts';
import type { BatchHandler, IncomingMessage, MessageBatch, OutgoingMessage } from '../../port.ts';
import type { KafkaForTests } from './kafka-endpoint.ts';

type Kafka = ReturnType<typeof newClient>;
type Admin = ReturnType<Kafka['admin']>;

const TOPICS = Array.from({ length: 12 }, (_, n) => ({ name: `contract.kafka-${n}.v1`, partitions: 4, retention: { days: 1 } }));
const KEYS = Array.from({ length: 12 }, (_, n) => `key-${n}`);
/** Values of 900 kB that pack to almost nothing: six times what a subscription may read ahead. */
const WIDE = { name: 'contract.kafka-wide.v1', partitions: 12, retention: { days: 1 } };
const WIDE_MESSAGES = 120;
/** A broker needs some seconds to stop and start, and the bus some to come back. */
const RESTART_MS_MAX = 90_000;

/** What the contract suite cannot ask because only Kafka has it: brokers that go, groups that rebalance, records of others. */
export function kafkaFailures(kafkaOf: () => KafkaForTests, whyNoRig: string | undefined): void {
  describe('Kafka in trouble', () => {
    const buses: KafkaBus[] = [];
    let next = 0;
    let topic = '';
    let kafka: Kafka;
    let admin: Admin;
    const url = (): string => kafkaOf().url;
    const open = async (topics = TOPICS, at = url()): Promise<KafkaBus> => {
      const bus = await KafkaBus.open({ url: at, clientId: 'test', clock: realClock, topics });
      buses.push(bus);
      return bus;
    };
    const newTopic = (): string => {
      topic = TOPICS[next++]?.name ?? '';
      return topic;
    };
    const messages = (keys: readonly string[], from = 0): OutgoingMessage[] => keys.map((key, n) => (
      { topic, key, id: `m-${from + n}`, tenant: 'main', time: 1_767_225_600_000, value: JSON.stringify({ n: from + n }) }));
    const consume = async (bus: KafkaBus, handle: BatchHandler, batchMax = 20) => {
      const batches: MessageBatch[] = [];
      const running = await bus.consume({ topics: [topic], group: `${topic}.g`, batchMax, handle: async (batch) => { batches.push(batch); return await handle(batch); } });
      return { batches, running, ids: () => batches.flatMap((batch) => idsOf(batch.messages)) };
    };
    const stored = async (): Promise<ReadonlyMap<number, number>> => {
      const [found] = await admin.fetchOffsets({ groupId: `${topic}.g`, topics: [topic] });
      return new Map(found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    };

    beforeAll(async () => {
      kafka = newClient(parseKafkaUrl(url()), 'test');
      admin = kafka.admin();
      await admin.connect();
    });
    afterEach(async () => { for (const bus of buses.splice(0)) await bus.close(); });
    afterAll(async () => { await admin.disconnect(); });

    it('given a batch in hand, when the group is rebalanced, then what stayed is committed, what moved is handled again, and no offset goes back', async () => {
      newTopic();
      const one = await open();
      const sent = messages([...KEYS, ...KEYS, ...KEYS, ...KEYS]);
      await one.publish(sent);
      const { opened, open: release } = gate();
      const byOne = await consume(one, async () => { await opened; }, 3);
      await eventually(() => byOne.batches.length === 4, 'a batch of every partition in hand');
      const offsets: ReadonlyMap<number, number>[] = [];
      let watching = true;
      const watch = (async () => { while (watching) offsets.push(await stored()); })();
      const byTwo = await consume(await open(), async () => {}, 3);
      await eventually(() => new Set(byTwo.batches.map(({ partition }) => partition)).size === 2, 'the other has two partitions');
      release();
      await eventually(async () => await byTwo.running.lag() === 0, 'no lag');
      watching = false;
      await watch;
      for (const partition of [0, 1, 2, 3]) {
        const seen = offsets.map((at) => at.get(partition) ?? -1);
        expect(seen).toEqual(seen.toSorted((a, b) => a - b));
      }
      const moved = new Set(byTwo.batches.map(({ partition }) => partition));
      const handledTwice = byOne.ids().filter((id) => byTwo.ids().includes(id));
      const firstBatches = byOne.batches.slice(0, 4).filter(({ partition }) => moved.has(partition)).flatMap((batch) => idsOf(batch.messages));
      expect(handledTwice.toSorted()).toEqual(firstBatches.toSorted());
      expect(byOne.ids()).toHaveLength(new Set(byOne.ids()).size);
      expect(idsByKey([...byOne.batches, ...byTwo.batches].flatMap((batch) => batch.messages))).toEqual(idsByKey(sent));
    });

    it('given a topic that was handled whole, when it is redelivered from offset zero, then effects, order and dead letters are what they were', async () => {
      newTopic();
      const bus = await open();
      const applied = new Map<string, IncomingMessage>();
      const handle: BatchHandler = async (batch) => {
        const failed = new Map<string, IncomingMessage>();
        for (const message of batch.messages) {
          if (message.id === 'm-3') failed.set(message.key, message);
          if (!failed.has(message.key) && !applied.has(message.id)) applied.set(message.id, message);
        }
        return [...failed.values()].map((message) => ({ message, code: 'refused', detail: 'as the test wants' }));
      };
      await bus.publish(messages([...KEYS, ...KEYS, ...KEYS]));
      const first = await consume(bus, handle);
      await eventually(async () => await first.running.lag() === 0, 'no lag');
      await first.running.stop();
      const before = { applied: [...applied.keys()], letters: await bus.deadLetters.list(`${topic}.g`) };
      await admin.setOffsets({ groupId: `${topic}.g`, topic, partitions: [0, 1, 2, 3].map((partition) => ({ partition, offset: '0' })) });
      const again = await consume(await open(), handle);
      await eventually(async () => await again.running.lag() === 0, 'no lag');
      expect([...applied.keys()]).toEqual(before.applied);
      expect(before.letters.map(({ message, waiting, attempts }) => [message.id, waiting, attempts])).toEqual([['m-3', 2, 1]]);
      expect(await bus.deadLetters.list(`${topic}.g`)).toEqual(before.letters);
      // What is parked is not handed over, all else comes again.
      expect(again.ids().toSorted()).toEqual(idsOf(messages([...KEYS, ...KEYS, ...KEYS])).filter((id) => !['m-3', 'm-15', 'm-27'].includes(id)).toSorted());
    });

    it('given records that are no messages of ours, when they come among others, then they are dead letters with their reason and the partition goes on', async () => {
      newTopic();
      const bus = await open([...TOPICS]);
      const producer = kafka.producer(PRODUCER_OPTIONS);
      await producer.connect();
      const headers = { ce_id: 'x', tenant: 'main', ce_time: '2026-01-01T00:00:00+01:00' };
      const { ce_id: _id, ...withoutId } = headers;
      const { tenant: _tenant, ...withoutTenant } = headers;
      const records = [
        { key: 'a', headers: withoutId }, { key: 'b', headers: withoutTenant }, { key: null, headers }, { key: 'c', headers: { ...headers, ce_time: 'noon' } },
        { key: 'd', headers, value: Buffer.from([0xff, 0xfe]) }, { key: 'e', headers }, { key: 'a', headers }, { key: 'f' },
      ];
      await producer.send({ topic, acks: -1, messages: records.map((record) => ({ value: '{}', ...record, partition: 0 })) });
      await producer.disconnect();
      const seen = await consume(bus, async () => {});
      const letters = await eventually(async () => { const found = await bus.deadLetters.list(`${topic}.g`); return found.length === 6 && found; }, 'six dead letters');
      await eventually(async () => await seen.running.lag() === 0, 'no lag');
      expect(seen.batches.flatMap((batch) => batch.messages).map(({ key, id, type, time }) => [key, id, type, time])).toEqual([['e', 'x', topic, Date.parse('2025-12-31T23:00:00Z')]]);
      expect(new Set(letters.map(({ code, detail, message, waiting }) => `${message.key}: ${code}, ${detail}, ${waiting}`))).toEqual(new Set([
        'a: unreadable, header ce_id is missing, 1', 'b: unreadable, header tenant is missing, 0', 'c: unreadable, header ce_time is not a time, 0',
        `${topic}/0/2: unreadable, the record has no key, 0`, 'd: unreadable, key or value is not UTF-8, 0', 'f: unreadable, header ce_id is missing, 0',
      ]));
      expect(await bus.deadLetters.replay(`${topic}.g`, 'all')).toBe(6);
      await eventually(async () => (await bus.deadLetters.list(`${topic}.g`)).every(({ attempts, replaying }) => attempts === 2 && !replaying), 'tried again');
    });

    it('given a batch that nobody here can unpack, when it comes, then it is one unreadable dead letter, and its partition and all others go on', async () => {
      newTopic();
      const bus = await open();
      await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries: [{ name: 'compression.type', value: 'producer' }] }] });
      const producer = kafka.producer(PRODUCER_OPTIONS);
      await producer.connect();
      const headers = { ce_id: 'x', tenant: 'main' };
      const send = async (partition: number, keys: readonly string[], compression: number): Promise<void> => {
        await producer.send({ topic, acks: -1, compression, messages: keys.map((key) => ({ key, value: '{}', headers, partition })) });
      };
      await withSnappy(() => send(0, ['a', 'b'], SNAPPY));
      await send(0, ['c'], 0);
      await send(1, ['d'], 0);
      await producer.disconnect();
      const seen = await consume(bus, async () => {});
      await eventually(async () => await seen.running.lag() === 0, 'no lag');
      expect(seen.batches.flatMap((batch) => batch.messages).map(({ key }) => key).toSorted()).toEqual(['c', 'd']);
      expect((await bus.deadLetters.list(`${topic}.g`)).map(({ code, detail, message: { key, offset } }) => [key, offset, code, detail])).toEqual([
        [`${topic}/0/1`, 1n, 'unreadable', 'snappy: not a compression that is read here (offsets 0 to 1, 2 records)']]);
      expect(bus.troubles()).toEqual([]);
      expect(await bus.deadLetters.replay(`${topic}.g`, 'all')).toBe(1);
      await eventually(async () => (await bus.deadLetters.list(`${topic}.g`)).every(({ attempts, replaying }) => attempts === 2 && !replaying), 'tried again');
    });

    it('given values that pack to almost nothing, when their handler stands still, then no more is read ahead than may be, and all is handled later', async () => {
      topic = WIDE.name;
      const bus = await open([WIDE]);
      const value = JSON.stringify('x'.repeat(900_000));
      const sent = Array.from({ length: WIDE_MESSAGES }, (_, n) => ({ topic, key: `key-${n}`, id: `m-${n}`, tenant: 'main', time: 1_767_225_600_000, value }));
      for (let from = 0; from < sent.length; from += 60) await bus.publish(sent.slice(from, from + 60));
      const { opened, open: release } = gate();
      let peak = 0;
      let watching = true;
      const watch = (async () => {
        while (watching) {
          peak = Math.max(peak, bus.readAheadBytes);
          await new Promise((done) => { setImmediate(done); });
        }
      })();
      const seen = await consume(bus, async () => { await opened; }, 100);
      await eventually(() => seen.batches.length === 12, 'a batch of every partition in hand');
      await eventually(() => peak > BUFFER_BYTES_MAX / 2, 'read ahead');
      release();
      await eventually(async () => await seen.running.lag() === 0, 'no lag', RESTART_MS_MAX);
      watching = false;
      await watch;
      expect(peak).toBeLessThanOrEqual(BUFFER_BYTES_MAX);
      expect(idsByKey(seen.batches.flatMap((batch) => batch.messages))).toEqual(idsByKey(sent));
    }, 2 * RESTART_MS_MAX);

    it('given a topic that exists, when the bus is opened, then retention follows the declaration, settings of others stay, and other partitions are refused', async () => {
      newTopic();
      await open();
      const settings = async (): Promise<Record<string, string>> => {
        const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: topic }] });
        return Object.fromEntries((resources[0]?.configEntries ?? []).map(({ configName, configValue }) => [configName, configValue]));
      };
      expect(await settings()).toMatchObject({ 'cleanup.policy': 'delete', 'retention.ms': String(86_400_000), 'compression.type': 'zstd', 'message.timestamp.type': 'LogAppendTime' });
      await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries: [{ name: 'max.message.bytes', value: '2000000' }] }] });
      await open([{ name: topic, partitions: 4, retention: { days: 2 } }]);
      expect(await settings()).toMatchObject({ 'retention.ms': String(2 * 86_400_000), 'max.message.bytes': '2000000' });
      await expect(open([{ name: topic, partitions: 3, retention: { days: 2 } }])).rejects.toThrow(`${topic} has 4 partitions, not 3`);
    });

    it('given a connection string of Kafka, when the bus is opened by it, then it publishes and consumes like any other', async () => {
      newTopic();
      const bus = await openBus({ url: url(), clientId: 'test', clock: realClock, topics: TOPICS, poolMax: 2 });
      bus.maintenance.start();
      const seen: string[] = [];
      const running = await bus.consume({ topics: [topic], group: `${topic}.g`, batchMax: 10, handle: async (batch) => { seen.push(...idsOf(batch.messages)); } });
      await bus.publish(messages(['a']));
      await eventually(() => seen.length === 1, 'the message');
      await eventually(async () => await running.lag() === 0, 'no lag');
      expect(bus.troubles()).toEqual([]);
      await bus.maintenance.stop();
      await bus.close();
    });

    if (whyNoRig !== undefined) {
      notRun(`a Kafka broker that dies, and one that wants a certificate and a login: ${whyNoRig}`);
      return;
    }
    const rigs: KafkaRig[] = [];
    /** A broker of our own: others' are not stopped. */
    const rigWith = async (options: Parameters<typeof startKafka>[0]): Promise<KafkaRig> => {
      const rig = await startKafka(options);
      rigs.push(rig);
      return rig;
    };
    afterEach(async () => { for (const rig of rigs.splice(0)) await rig.stop(); });

    it('given brokers that want a certificate and a login, when the bus is opened with both, then it works like any other; without one it is refused', async () => {
      newTopic();
      const { url: secured } = await rigWith({ login: { user: 'trebol', password: 'p@ss/word:1' } });
      for (const sasl of ['scram-sha-512', 'plain']) {
        const bus = await open(TOPICS, `${secured}&sasl=${sasl}`);
        const seen = await consume(bus, async () => {});
        await bus.publish(messages([sasl]));
        await eventually(() => seen.batches.some((batch) => batch.messages.some(({ key }) => key === sasl)), `a message by ${sasl}`);
        await seen.running.stop();
      }
      const without = (pattern: RegExp): string => secured.replace(pattern, '');
      const wrong = secured.replace(encodeURIComponent('p@ss/word:1'), 'wrong');
      const refused = [wrong, without(/&ca=[^&]*/), without(/&cert=[^&]*&key=[^&]*/)];
      const opened = await Promise.allSettled(refused.map((at) => open(TOPICS, at)));
      expect(opened.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    }, 2 * RESTART_MS_MAX);

    it('given a broker that dies in mid-consumption, when it is back, then every message is handled in order, and what was published meanwhile was refused in time', async () => {
      newTopic();
      const rig = kafkaOf().rig ?? await rigWith({});
      const bus = await open(TOPICS, rig.url);
      const sent = messages(Array.from({ length: 50 }, () => KEYS).flat());
      await bus.publish(sent.slice(0, 300));
      const { opened, open: release } = gate();
      const seen = await consume(bus, async () => { if (seenEnough()) await opened; }, 10);
      const seenEnough = (): boolean => seen.batches.length > 8;
      await eventually(() => seen.batches.length > 8, 'in mid-consumption');
      await rig.kill();
      release();
      const began = performance.now();
      await expect(bus.publish(sent.slice(300))).rejects.toThrow();
      expect(performance.now() - began).toBeLessThan(31_000);
      await rig.restart();
      await eventually(() => bus.publish(sent.slice(300)).then(() => true, () => false), 'published again');
      await eventually(() => new Set(seen.ids()).size === sent.length, 'all handled');
      await eventually(async () => await seen.running.lag().catch(() => 1) === 0, 'no lag');
      expect(idsByKey(seen.batches.flatMap((batch) => batch.messages))).toEqual(idsByKey(sent));
      await eventually(() => bus.troubles().length === 0, 'no trouble left');
    }, RESTART_MS_MAX);
  });
}

const { CompressionCodecs, CompressionTypes } = kafkajs;
const SNAPPY = CompressionTypes.Snappy;

/** Lets kafkajs write with snappy as other producers do; it reads as ever. */
async function withSnappy(work: () => Promise<void>): Promise<void> {
  const ours = CompressionCodecs[SNAPPY];
  CompressionCodecs[SNAPPY] = () => ({ ...ours(), compress: ({ buffer }: { buffer: Buffer }) => Promise.resolve(snappyOf(buffer)) });
  await work().finally(() => { CompressionCodecs[SNAPPY] = ours; });
}

/** One block of the framing that Java's producers use, its content as literals of 60 bytes at most. */
function snappyOf(content: Buffer): Buffer {
  const literals: Buffer[] = [Buffer.of((content.length & 0x7f) | 0x80, content.length >>> 7)];
  for (let at = 0; at < content.length; at += 60) {
    const piece = content.subarray(at, at + 60);
    literals.push(Buffer.of((piece.length - 1) << 2), piece);
  }
  const block = Buffer.concat(literals);
  const [magic, sizes] = [Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0]), Buffer.alloc(12)];
  sizes.writeInt32BE(1, 0);
  sizes.writeInt32BE(1, 4);
  sizes.writeInt32BE(block.length, 8);
  return Buffer.concat([magic, sizes, block]);
}
