import { describe, expect, it } from '@jest/globals';
import { type Checkpoint, MemoryEventStore, type RecordedBatch } from '@trebol/event-store';
import { eventually, fixedClock, sequentialIds } from '@trebol/testing';
import { CannotApply, LogFollower, type LogWork } from './follow-log.ts';

const ids = sequentialIds();

async function appended(store: MemoryEventStore, stream: string, count: number): Promise<void> {
  const tail = (await store.load([stream])).get(stream);
  const events = Array.from({ length: count }, () => ({ id: ids.uuid(), type: 'Happened', schemaVersion: 1, data: '{}', recordedAt: 1 }));
  await store.append([{ stream, expectedRevision: tail?.revision ?? 0, events }]);
}

/** Remembers what it was given; durable only at the commit, like a database. */
class Memory implements LogWork {
  durable: string[] = [];
  pending: string[] = [];
  reached: Checkpoint;
  next: Checkpoint;
  failures = 0;
  fails: (() => Error) | undefined;

  constructor(store: MemoryEventStore) {
    this.reached = store.start;
    this.next = store.start;
  }

  async resume(): Promise<Checkpoint> {
    this.next = this.reached;
    return this.reached;
  }

  async apply(batch: RecordedBatch): Promise<void> {
    if (this.fails !== undefined) {
      this.failures += 1;
      throw this.fails();
    }
    for (const event of batch.events) this.pending.push(`${event.stream}#${event.revision}`);
    this.next = batch.checkpoint;
  }

  async commit(): Promise<Checkpoint> {
    this.durable.push(...this.pending.splice(0));
    this.reached = this.next;
    return this.reached;
  }

  async abandon(): Promise<void> {
    this.pending = [];
  }
}

function scene(commitEvents = 1, commitMsMax = 0) {
  const store = new MemoryEventStore();
  const work = new Memory(store);
  const clock = fixedClock(0);
  const follower = new LogFollower({ eventStore: store, clock, work, prefix: 'wallet-', batchMax: 2, commitEvents, commitMsMax });
  return { store, work, clock, follower };
}

describe('following the log', () => {
  it('given events of wallets and others, when it catches up, then those of wallets are committed in order and the checkpoint covers the end', async () => {
    const { store, work, follower } = scene();
    await appended(store, 'wallet-a', 3);
    await appended(store, 'other', 4);
    await appended(store, 'wallet-b', 1);
    await follower.catchUp();
    expect(work.durable).toEqual(['wallet-a#1', 'wallet-a#2', 'wallet-a#3', 'wallet-b#1']);
    expect(follower.covers(await store.end())).toBe(true);
  });

  it('given a started follower, when events come, then catchUp returns once they are committed, and stop ends it', async () => {
    const { store, work, follower } = scene(1_000);
    follower.start();
    await appended(store, 'wallet-a', 5);
    await follower.catchUp();
    expect(work.durable).toHaveLength(5);
    await follower.stop();
    expect(follower.status().state).toBe('stopped');
    await appended(store, 'wallet-a', 1);
    await follower.catchUp();
    expect(work.durable.at(-1)).toBe('wallet-a#6');
  });

  it('given commits that may wait, when events come, then they are committed once somebody asks, or the time is over, or it stops', async () => {
    const { store, work, clock, follower } = scene(1_000, 500);
    follower.start();
    await appended(store, 'wallet-a', 3);
    await eventually(() => work.pending.length === 3);
    expect(work.durable).toEqual([]);
    await follower.catchUp();
    expect(work.durable).toHaveLength(3);

    await appended(store, 'wallet-a', 1);
    await eventually(() => work.pending.length === 1);
    await eventually(() => {
      clock.advance(500);
      return work.durable.length === 4 && follower.status().caughtUp;
    });

    await appended(store, 'wallet-a', 1);
    await eventually(() => work.pending.length === 1);
    await follower.stop();
    expect(work.durable).toHaveLength(5);
  });

  it('given commits that may wait, when more events came than a commit may hold, then they are committed at once', async () => {
    const { store, work, follower } = scene(4, 500);
    follower.start();
    await appended(store, 'wallet-a', 5);
    await eventually(() => work.durable.length >= 4);
    await follower.stop();
    expect(work.durable).toHaveLength(5);
  });

  it('given work that fails for a passing reason, when it is tried again, then nothing is lost and nothing comes twice', async () => {
    const { store, work, clock, follower } = scene();
    await appended(store, 'wallet-a', 2);
    work.fails = () => new Error('the database is away');
    follower.start();
    await eventually(() => follower.status().state === 'retrying');
    expect(follower.status().reason).toBe('the database is away');
    work.fails = undefined;
    await eventually(() => {
      clock.advance(10_000);
      return work.durable.length === 2;
    });
    await follower.stop();
    expect(work.durable).toEqual(['wallet-a#1', 'wallet-a#2']);
  });

  it('given an event that cannot be applied, when it comes, then the follower stands still for good and says where and why', async () => {
    const { store, work, clock, follower } = scene();
    await appended(store, 'wallet-a', 1);
    const [event] = (await store.load(['wallet-a'])).get('wallet-a')?.events ?? [];
    if (event === undefined) throw new Error('no event');
    work.fails = () => new CannotApply(event, 'unknown event');
    follower.start();
    await expect(follower.catchUp()).rejects.toThrow('wallet-a revision 1 (partition 1, position 1): unknown event');
    clock.advance(1_000_000);
    expect(follower.status()).toMatchObject({ state: 'failed', position: { partition: 1, position: 1n } });
    expect(work.failures).toBe(1);
    await follower.stop();
  });
});
