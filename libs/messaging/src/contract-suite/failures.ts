import { expect, it } from '@jest/globals';
import { eventually } from '@trebol/testing';
import { decodeMessages, type ValueSchema } from '../decode-messages.ts';
import type { BatchHandler, IncomingMessage } from '../port.ts';
import { idsOf, type BusWithDeadLetters, type Scene } from './scene.ts';

/** Applies messages like a service would: skips the later ones of a key that failed in the batch, and recognises what it applied. */
function applier(refuses: (message: IncomingMessage) => boolean): { applied: IncomingMessage[]; handle: BatchHandler } {
  const applied: IncomingMessage[] = [];
  return {
    applied,
    handle: async ({ messages }) => {
      const failed = new Map<string, IncomingMessage>();
      for (const message of messages) {
        if (failed.has(message.key)) continue;
        if (refuses(message)) failed.set(message.key, message);
        else if (!idsOf(applied).includes(message.id)) applied.push(message);
      }
      return [...failed.values()].map((message) => ({ message, code: 'refused', detail: 'as the test wants' }));
    },
  };
}

const deadLetters = async (bus: BusWithDeadLetters, { group }: Scene, count: number) =>
  await eventually(async () => {
    const found = await bus.deadLetters.list(group);
    return found.length === count && found;
  }, `${count} dead letters`);

const numberSchema: ValueSchema<{ n: number }> = {
  safeParse: (input) => (typeof input === 'object' && input !== null && 'n' in input && typeof input.n === 'number'
    ? { success: true, data: { n: input.n } }
    : { success: false, error: { issues: [{ path: ['n'], message: 'expected number' }] } }),
};

/** What every bus promises about messages that fail however often they are tried. */
export function failuresContract(newScene: () => Scene): void {
  it('given a message that fails, when others come, then it is a dead letter, later ones of its key wait, all others go on', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const [poison, second, other] = [scene.message('sick'), scene.message('sick'), scene.message('well')];
    const { applied, handle } = applier((message) => message.id === poison.id);
    const consumer = await scene.consume(bus, { handle });
    await bus.publish([poison, second, other]);
    const [letter] = await deadLetters(bus, scene, 1);
    const third = scene.message('sick');
    await bus.publish([third, scene.message('well')]);
    await eventually(async () => await consumer.lag() === 0, 'no lag');
    expect(applied.map((message) => message.key)).toEqual(['well', 'well']);
    expect(letter).toMatchObject({ queue: `${scene.topic}.${scene.group}.dlq`, group: scene.group, code: 'refused', detail: 'as the test wants', attempts: 1, replaying: false });
    expect(letter?.message).toMatchObject({ ...poison, type: scene.topic, traceparent: undefined, partition: letter?.message.partition, offset: letter?.message.offset });
    expect((await bus.deadLetters.list(scene.group))[0]?.waiting).toBe(2);
    await consumer.stop();
  });

  it('given a dead letter with followers, when it is replayed after the cause is gone, then all are applied in order and the key is free', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const sent = scene.messages(['sick', 'sick', 'sick', 'sick', 'sick']);
    let cured = false;
    const { applied, handle } = applier((message) => !cured && message.id === sent[0]?.id);
    const consumer = await scene.consume(bus, { batchMax: 2, handle });
    await bus.publish(sent);
    await deadLetters(bus, scene, 1);
    await eventually(async () => await consumer.lag() === 0, 'no lag');
    cured = true;
    expect(await bus.deadLetters.replay(scene.group, 'all')).toBe(1);
    await deadLetters(bus, scene, 0);
    await eventually(() => applied.length === sent.length, 'all applied');
    const later = scene.message('sick');
    await bus.publish([later]);
    await eventually(() => applied.length === sent.length + 1, 'the key is free');
    expect(idsOf(applied)).toEqual([...idsOf(sent), later.id]);
    await consumer.stop();
  });

  it('given a replay that fails again, when it is listed, then it has one more attempt and the key still waits', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const sent = scene.messages(['sick', 'sick']);
    const { applied, handle } = applier((message) => message.id === sent[0]?.id);
    const consumer = await scene.consume(bus, { handle });
    await bus.publish(sent);
    const [letter] = await deadLetters(bus, scene, 1);
    expect(await bus.deadLetters.replay(scene.group, letter?.id ?? 'all')).toBe(1);
    const again = await eventually(async () => (await bus.deadLetters.list(scene.group)).find((found) => found.attempts === 2), 'second attempt');
    expect(again).toMatchObject({ id: letter?.id, replaying: false, waiting: 1 });
    expect(applied).toEqual([]);
    await consumer.stop();
  });

  it('given a replay whose follower fails, when it is listed, then the first has passed and the follower is the dead letter', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const sent = scene.messages(['sick', 'sick', 'sick']);
    let cured = false;
    const { applied, handle } = applier((message) => message.id === sent[cured ? 1 : 0]?.id);
    const consumer = await scene.consume(bus, { handle });
    await bus.publish(sent);
    await deadLetters(bus, scene, 1);
    cured = true;
    await bus.deadLetters.replay(scene.group, 'all');
    const next = await eventually(async () => (await bus.deadLetters.list(scene.group)).find((found) => found.message.id === sent[1]?.id), 'follower');
    expect(next).toMatchObject({ attempts: 1, waiting: 1, code: 'refused' });
    expect(idsOf(applied)).toEqual([sent[0]?.id]);
    await consumer.stop();
  });

  it('given two dead letters, when one is replayed, then the other stays, and an unknown one is not found', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const [one, two] = [scene.message('one'), scene.message('two')];
    let cured = false;
    const { applied, handle } = applier(() => !cured);
    const consumer = await scene.consume(bus, { handle });
    await bus.publish([one, two]);
    const letters = await deadLetters(bus, scene, 2);
    cured = true;
    expect(await bus.deadLetters.replay(scene.group, letters.find(({ message }) => message.id === one.id)?.id ?? 'all')).toBe(1);
    const [left] = await deadLetters(bus, scene, 1);
    expect(left?.message.id).toBe(two.id);
    expect(await bus.deadLetters.replay(scene.group, '1234567890')).toBe(0);
    expect(await bus.deadLetters.list('test.nobody.v1')).toEqual([]);
    expect(idsOf(applied)).toEqual([one.id]);
    await consumer.stop();
  });

  it('given a parked key, when another process takes over, then it knows that the key waits and does the replay asked of it', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const sent = scene.messages(['sick', 'sick']);
    const first = await scene.consume(bus, { handle: applier((message) => message.id === sent[0]?.id).handle });
    await bus.publish(sent);
    await deadLetters(bus, scene, 1);
    await first.stop();
    const { applied, handle } = applier(() => false);
    const second = await scene.consume(await scene.process(), { handle });
    const later = scene.message('sick');
    await bus.publish([later]);
    await eventually(async () => await second.lag() === 0, 'no lag');
    expect(applied).toEqual([]);
    await bus.deadLetters.replay(scene.group, 'all');
    await eventually(() => applied.length === 3, 'replayed');
    expect(idsOf(applied)).toEqual([...idsOf(sent), later.id]);
    await second.stop();
  });

  it('given values that are not what the schema says, when they are decoded, then they are dead letters and the partition goes on', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const decoded: number[] = [];
    const consumer = await scene.consume(bus, {
      handle: async (batch) => {
        const result = decodeMessages(batch, numberSchema);
        decoded.push(...result.decoded.map(({ value }) => value.n));
        return result.failures;
      },
    });
    await bus.publish([
      scene.message('a', { value: '{"n":1}' }), scene.message('b', { value: 'not json{' }), scene.message('c', { value: '{"n":"one"}' }),
      scene.message('d', { value: '' }), scene.message('a', { value: '{"n":2}' }),
    ]);
    const letters = await deadLetters(bus, scene, 3);
    await eventually(async () => await consumer.lag() === 0, 'no lag');
    expect(decoded).toEqual([1, 2]);
    expect(letters.map(({ code }) => code).toSorted()).toEqual(['schemaMismatch', 'unreadable', 'unreadable']);
    await consumer.stop();
  });
}
