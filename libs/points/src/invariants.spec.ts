import { describe, expect, it } from '@jest/globals';
import { decodeEvent } from './codec/event-codec.ts';
import { applyRecorded } from './fold.ts';
import { goldenStreams } from './golden/histories.ts';
import { unaccountedPoints, violationsOf, violationsOfStep } from './invariants.ts';
import { describeEvent } from './movement.ts';
import { recorded } from './testing/recorded.ts';
import { emptyWallet } from './wallet/state.ts';

describe('points that nothing accounts for', () => {
  const wallet = emptyWallet();

  it.each([
    ['issued and not there', { issued: 5 }, -5], ['spent and never issued', { spent: 3 }, 3], ['issued and spent', { issued: 4, spent: 4 }, 0],
  ])('given points %s, then their number and sign are told, and the wallet is wrong exactly when there are some', (_name, totals, points) => {
    const held = { ...wallet, totals: { ...wallet.totals, ...totals } };
    expect(unaccountedPoints(held)).toBe(points);
    expect(violationsOf(held)).toHaveLength(points === 0 ? 0 : 1);
  });
});

describe('one step of a wallet', () => {
  const streams = goldenStreams().map(({ name, events }) => ({ name, events: recorded(events.map(decodeEvent)) }));

  it.each(streams)('given each event of the golden stream $name, then its id and the points it tells of are right; a point more, or another word, is found', ({ events }) => {
    let wallet = emptyWallet();
    for (const event of events) {
      const before = wallet;
      wallet = applyRecorded(wallet, event);
      // A later period begins with what the one before carried over: nothing moved.
      const step = { before: event.type === 'BooksOpened' ? wallet : before, after: wallet, points: describeEvent(event).points };
      expect(violationsOfStep(event, step)).toEqual([]);
      expect(violationsOfStep(event, { ...step, points: step.points + 1 })).toHaveLength(1);
      expect(violationsOfStep({ ...event, data: `${event.data} ` }, step)).toEqual([expect.stringMatching(/^its id is /)]);
    }
  });
});
