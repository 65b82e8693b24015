import { describe, expect, it } from '@jest/globals';
import { eventually, fixedClock } from '@trebol/testing';
import type { Kafka } from 'kafkajs';
import { RETRY_PAUSE_MS_MAX, TROUBLE_ATTEMPTS } from '../runner/retry.ts';
import { Membership, STABLE_MS } from './membership.ts';

type Listener = (event: { readonly payload: object }) => void;

/** Consumers that join at once; `fallOut` ends the newest as a fetch that throws would. */
function group() {
  const made: Map<string, Listener>[] = [];
  const kafka = {
    consumer: () => {
      const listeners = new Map<string, Listener>();
      return {
        events: { GROUP_JOIN: 'join', CRASH: 'crash' }, on: (name: string, listener: Listener) => { listeners.set(name, listener); },
        connect: async () => {}, disconnect: async () => {}, subscribe: async () => {},
        run: async () => {
          made.push(listeners);
          listeners.get('join')?.({ payload: { memberId: `m${made.length}`, memberAssignment: {} } });
        },
      };
    },
  } as unknown as Kafka;
  return {
    kafka, joined: () => made.length,
    rebalance: () => made.at(-1)?.get('join')?.({ payload: { memberId: 'm', memberAssignment: {} } }),
    fallOut: () => made.at(-1)?.get('crash')?.({ payload: { error: new Error('cannot be read') } }),
  };
}

async function scene() {
  const clock = fixedClock(0);
  const members = group();
  const told: { readonly troubles: number[]; recovered: number } = { troubles: [], recovered: 0 };
  const membership = new Membership({
    newClient: () => members.kafka, group: 'g', topics: ['t'], clock, own: () => ({ owned: {}, counts: {} }), onAssigned: () => {},
    onBatch: async () => {}, onTrouble: (attempts) => { told.troubles.push(attempts); }, onRecovered: () => { told.recovered += 1; },
  });
  await membership.start();
  /** Falls out right after each join, that many times. */
  const fallOut = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n++) {
      const before = members.joined();
      members.fallOut();
      await eventually(() => {
        if (members.joined() > before) return true;
        clock.advance(RETRY_PAUSE_MS_MAX);
        return false;
      }, 'joined again');
    }
  };
  return { clock, members, told, membership, fallOut };
}

describe('a member of a consumer group', () => {
  it('given a member that falls out after every join, when it did five times, then it is in trouble, and to join again is no recovery', async () => {
    const { told, membership, fallOut } = await scene();
    expect(told.recovered).toBe(1);
    await fallOut(TROUBLE_ATTEMPTS + 1);
    expect(told).toEqual({ troubles: [TROUBLE_ATTEMPTS, TROUBLE_ATTEMPTS + 1], recovered: 1 });
    expect(membership.isInTrouble).toBe(true);
    await membership.stop();
  });

  it('given a member in trouble, when it stays in for some time, through rebalances too, then it has recovered; a moment less is not enough', async () => {
    const { clock, members, told, membership, fallOut } = await scene();
    await fallOut(TROUBLE_ATTEMPTS);
    clock.advance(STABLE_MS - 1);
    members.rebalance();
    await Promise.resolve();
    expect([told.recovered, membership.isInTrouble]).toEqual([1, true]);
    clock.advance(1);
    await eventually(() => told.recovered === 2, 'recovered');
    expect(membership.isInTrouble).toBe(false);
    await fallOut(1);
    expect(told.troubles).toEqual([TROUBLE_ATTEMPTS]);
    await membership.stop();
  });
});
