import { expect, it } from '@jest/globals';
import { eventually } from '@trebol/testing';
import { BATCH_MESSAGES_MAX, InvalidMessage, KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../limits.ts';
import { gate, idsByKey, idsOf, type Scene } from './scene.ts';

const repeated = (keys: readonly string[], times: number): string[] => Array.from({ length: times }, () => keys).flat();

/** What every bus promises about delivery, order and progress. */
export function deliveryContract(newScene: () => Scene): void {
  it('given messages of many keys, when they are consumed, then all come and those of a key come in order', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const sent = scene.messages(repeated(Array.from({ length: 20 }, (_, n) => `key-${n}`), 30));
    for (let from = 0; from < sent.length; from += 150) await bus.publish(sent.slice(from, from + 150));
    const consumer = await scene.consume(bus);
    await eventually(() => new Set(idsOf(consumer.messages)).size === sent.length, 'all messages');
    expect(idsByKey(consumer.messages)).toEqual(idsByKey(sent));
  });

  it('given a publish of hundreds of messages at once, when it is consumed, then order by key holds', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const consumer = await scene.consume(bus);
    const sent = scene.messages(repeated(['a', 'b', 'c', 'd', 'e'], 120));
    await bus.publish(sent);
    await eventually(() => new Set(idsOf(consumer.messages)).size === sent.length, 'all messages');
    expect(idsByKey(consumer.messages)).toEqual(idsByKey(sent));
  });

  it('given a handler that throws, when it is called again, then it sees the whole batch again and nothing after it before it worked', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const sent = scene.messages(['k', 'k', 'k']);
    await bus.publish(sent);
    let calls = 0;
    const consumer = await scene.consume(bus, { handle: async () => { if (++calls <= 2) throw new Error('not now'); } });
    await eventually(() => consumer.batches.length === 3, 'third attempt');
    await eventually(async () => await consumer.lag() === 0, 'no lag');
    expect(consumer.batches.map((batch) => idsOf(batch.messages))).toEqual([idsOf(sent), idsOf(sent), idsOf(sent)]);
  });

  it('given a handler that is at work, when the lag is read, then its batch still counts', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const { opened, open } = gate();
    const consumer = await scene.consume(bus, { handle: async () => { await opened; } });
    await bus.publish(scene.messages(['k', 'k']));
    await eventually(() => consumer.batches.length === 1, 'handler at work');
    expect(await consumer.lag()).toBe(2);
    open();
    await eventually(async () => await consumer.lag() === 0, 'no lag');
  });

  it('given one key that keeps failing for now, when others of other partitions come, then they go on', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const keys = Array.from({ length: 16 }, (_, n) => `key-${n}`);
    const consumer = await scene.consume(bus, {
      handle: async ({ messages }) => { if (messages.some((message) => message.key === 'key-0')) throw new Error('not now'); },
    });
    await bus.publish(scene.messages(keys));
    const stuck = await eventually(() => consumer.messages.find((message) => message.key === 'key-0'), 'failing message');
    const arrived = (): number => new Set(consumer.messages.filter((message) => message.partition !== stuck.partition).map((message) => message.partition)).size;
    await eventually(() => arrived() === 3, 'the other partitions');
    const more = scene.messages(keys);
    await bus.publish(more);
    const elsewhere = consumer.messages.filter((message) => message.partition !== stuck.partition).map((message) => message.key);
    await eventually(() => more.filter((message) => elsewhere.includes(message.key)).every((message) => idsOf(consumer.messages).includes(message.id)), 'more of them');
    expect(await consumer.lag()).toBeGreaterThan(0);
  });

  it('given a consumer that was stopped, when another process consumes for the group, then it goes on where the first ended', async () => {
    const scene = newScene();
    const first = await scene.process();
    const before = scene.messages(['a', 'b', 'c']);
    await first.publish(before);
    const consumer = await scene.consume(first);
    await eventually(async () => await consumer.lag() === 0, 'no lag');
    await first.close();
    const second = await scene.process();
    const after = scene.messages(['a', 'b', 'c']);
    await second.publish(after);
    const next = await scene.consume(second);
    await eventually(async () => await next.lag() === 0, 'no lag');
    expect(idsOf(next.messages).toSorted()).toEqual(idsOf(after).toSorted());
  });

  it('given two groups, when messages come, then both get all of them', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const one = await scene.consume(bus, { group: 'test.one.v1' });
    const two = await scene.consume(bus, { group: 'test.two.v1' });
    const sent = scene.messages(repeated(['a', 'b', 'c', 'd'], 10));
    await bus.publish(sent);
    await eventually(() => [one, two].every(({ messages }) => new Set(idsOf(messages)).size === sent.length), 'all messages, twice');
  });

  it('given a limit for a batch, when more messages wait, then no batch is larger', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const sent = scene.messages(repeated(['k'], 50));
    await bus.publish(sent);
    const consumer = await scene.consume(bus, { batchMax: 7 });
    await eventually(() => new Set(idsOf(consumer.messages)).size === sent.length, 'all messages');
    expect(Math.max(...consumer.batches.map((batch) => batch.messages.length))).toBeLessThanOrEqual(7);
  });

  it('given a batch in hand, when the consumer is stopped, then the batch is finished, its offset is kept and nothing further begins', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const { opened, open } = gate();
    const consumer = await scene.consume(bus, { batchMax: 2, handle: async () => { await opened; } });
    const sent = scene.messages(repeated(['k'], 6));
    await bus.publish(sent);
    await eventually(() => consumer.batches.length === 1, 'batch in hand');
    const stopped = consumer.stop();
    open();
    await stopped;
    const inHand = consumer.batches[0]?.messages.length ?? 0;
    expect(consumer.batches).toHaveLength(1);
    const next = await scene.consume(bus);
    await eventually(async () => await next.lag() === 0, 'no lag');
    expect(idsOf(next.messages)).toEqual(idsOf(sent.slice(inHand)));
  });

  it('given more messages than one write takes, when they are published at once, then all come, in order by key', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const sent = scene.messages(repeated(['a', 'b', 'c'], 1_750));
    await bus.publish(sent);
    const consumer = await scene.consume(bus, { batchMax: 1_000 });
    await eventually(async () => await consumer.lag() === 0, 'no lag');
    expect(idsByKey(consumer.messages)).toEqual(idsByKey(sent));
  });

  it('given a topic, a message or a batch size that cannot be, when it is used, then it is refused and nothing is written', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const good = scene.message('k');
    await expect(bus.publish([good, { ...good, topic: 'misspelt' }])).rejects.toThrow(RangeError);
    for (const bad of [{ id: '\0' }, { value: 'x'.repeat(VALUE_BYTES_MAX + 1) }, { key: 'x'.repeat(KEY_BYTES_MAX + 1) }, { value: 'a\0b' }]) {
      await expect(bus.publish([good, { ...good, ...bad }])).rejects.toThrow(InvalidMessage);
    }
    const subscription = { topics: [scene.topic], group: scene.group, batchMax: 1, handle: async () => {} };
    for (const wrong of [{ batchMax: 0 }, { batchMax: 1.5 }, { batchMax: BATCH_MESSAGES_MAX + 1 }, { topics: ['misspelt'] }]) {
      await expect(bus.consume({ ...subscription, ...wrong })).rejects.toThrow(RangeError);
    }
    const consumer = await scene.consume(bus);
    const last = scene.message('k');
    await bus.publish([last]);
    await eventually(async () => await consumer.lag() === 0, 'no lag');
    expect(idsOf(consumer.messages)).toEqual([last.id]);
  });

  it('given a bus that was closed, when it is used, then it refuses', async () => {
    const scene = newScene();
    const bus = await scene.process();
    await bus.close();
    await expect(bus.publish([scene.message('k')])).rejects.toThrow();
    await expect(scene.consume(bus)).rejects.toThrow();
  });
}
