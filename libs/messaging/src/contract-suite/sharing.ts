import { expect, it } from '@jest/globals';
import { eventually } from '@trebol/testing';
import type { BatchHandler } from '../port.ts';
import { gate, idsByKey, idsOf, type Scene } from './scene.ts';

/** A handler that notes when a partition is handled by two at the same time. */
function watchOverlap(): { overlaps: string[]; handle: BatchHandler } {
  const inHand = new Set<string>();
  const overlaps: string[] = [];
  return {
    overlaps,
    handle: async ({ topic, partition }) => {
      const name = `${topic}/${partition}`;
      if (inHand.has(name)) overlaps.push(name);
      inHand.add(name);
      await new Promise((done) => { setImmediate(done); });
      inHand.delete(name);
    },
  };
}

const KEYS = Array.from({ length: 12 }, (_, n) => `key-${n}`);

/** What every bus promises when a group has several consumers. */
export function sharingContract(newScene: () => Scene): void {
  it('given two processes of one group, when messages come, then they share without loss and never handle a partition at once', async () => {
    const scene = newScene();
    const watch = watchOverlap();
    const one = await scene.consume(await scene.process(), { handle: watch.handle, batchMax: 10 });
    const two = await scene.consume(await scene.process(), { handle: watch.handle, batchMax: 10 });
    const publisher = await scene.process();
    const sent = Array.from({ length: 20 }, () => scene.messages(KEYS)).flat();
    for (let from = 0; from < sent.length; from += 24) await publisher.publish(sent.slice(from, from + 24));
    await eventually(() => new Set(idsOf([...one.messages, ...two.messages])).size === sent.length, 'all messages');
    expect(watch.overlaps).toEqual([]);
  });

  it('given two processes of one group, when they have settled, then both take part', async () => {
    const scene = newScene();
    const one = await scene.consume(await scene.process());
    const two = await scene.consume(await scene.process());
    const publisher = await scene.process();
    await eventually(async () => {
      await publisher.publish(scene.messages(KEYS));
      return one.messages.length > 0 && two.messages.length > 0;
    }, 'both at work');
  });

  it('given two processes of one group, when one stops, then the other takes over its partitions where it ended', async () => {
    const scene = newScene();
    const first = await scene.process();
    const one = await scene.consume(first);
    const two = await scene.consume(await scene.process());
    const publisher = await scene.process();
    const before = scene.messages(KEYS);
    await publisher.publish(before);
    await eventually(async () => await two.lag() === 0, 'no lag');
    await first.close();
    const handledByFirst = idsOf(one.messages);
    const after = scene.messages(KEYS);
    await publisher.publish(after);
    await eventually(async () => await two.lag() === 0, 'taken over');
    expect(idsOf(after).every((id) => idsOf(two.messages).includes(id))).toBe(true);
    expect(handledByFirst.filter((id) => idsOf(two.messages).includes(id))).toEqual([]);
    expect(idsByKey([...one.messages, ...two.messages])).toEqual(idsByKey([...before, ...after]));
  });

  it('given a process with batches in hand, when another joins its group, then every message is handled in order and nothing is left behind', async () => {
    const scene = newScene();
    const first = await scene.process();
    const sent = Array.from({ length: 6 }, () => scene.messages(KEYS)).flat();
    await first.publish(sent);
    const { opened, open } = gate();
    const one = await scene.consume(first, { batchMax: 3, handle: async () => { await opened; } });
    await eventually(() => one.batches.length === 4, 'a batch of every partition in hand');
    const joining = scene.process();
    const two = await scene.consume(await joining, { batchMax: 3 });
    open();
    await eventually(async () => await two.lag() === 0, 'no lag');
    expect(idsByKey([...one.messages, ...two.messages])).toEqual(idsByKey(sent));
    await one.stop();
    await two.stop();
    const next = await scene.consume(first);
    expect(await next.lag()).toBe(0);
    const later = scene.message('key-0');
    await first.publish([later]);
    await eventually(() => next.messages.length > 0, 'the next message');
    expect(idsOf(next.messages)).toEqual([later.id]);
  });
}
