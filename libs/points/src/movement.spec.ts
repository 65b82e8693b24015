import { describe, expect, it } from '@jest/globals';
import { decodeEvent, WALLET_EVENT_TYPES } from './codec/event-codec.ts';
import { goldenStreams } from './golden/histories.ts';
import { ownedBy } from './invariants.ts';
import { describeEvent } from './movement.ts';
import { recorded } from './testing/recorded.ts';
import { evolve } from './wallet/evolve.ts';
import { emptyWallet } from './wallet/state.ts';

/** What each event says to the world: its kind, the kind of its source (`desk` as the golden commands bring it), and whether a person gave a reason. */
const SAID = {
  WalletOpened: ['opened', undefined, false],
  PointsEarned: ['earned', 'ticket', false],
  PointsReversed: ['reversed', 'ticket', false],
  HoldPlaced: ['held', 'hold', false],
  HoldCaptured: ['captured', 'hold', false],
  HoldReleased: [/^(released|lapsed)$/, 'hold', false],
  PointsRedeemed: ['redeemed', 'redemption', false],
  RedemptionCancelled: ['restored', 'cancellation', false],
  PointsExpired: ['expired', 'lot', false],
  PointsActivated: ['activated', 'lot', false],
  PointsAdjusted: ['adjusted', 'desk', true],
  CardFeeCharged: ['feeCharged', 'desk', false],
  CardFeeWaived: ['feeWaived', 'desk', false],
  PointsExtended: ['extended', /./, false],
  WalletFrozen: ['frozen', 'freeze', true],
  WalletUnfrozen: ['unfrozen', 'freeze', false],
  PointsForfeited: ['forfeited', 'forfeiture', true],
  PointsSent: ['sent', 'transfer', false],
  PointsReceived: ['received', 'transfer', false],
  PointsTakenBack: ['takenBack', 'transfer', false],
  LotsMovedOut: ['movedOut', 'merge', false],
  LotsMovedIn: ['movedIn', 'merge', false],
  WalletClosed: ['closed', 'closing', false],
  BooksClosed: ['booksClosed', undefined, false],
  BooksOpened: ['booksOpened', undefined, false],
} as const;

const streams = goldenStreams().map(({ name, events }) => ({ name, events: events.map(decodeEvent) }));
const everyEvent = streams.flatMap(({ events }) => events.map((event, index) => ({ event, stored: recorded(events)[index] })));

describe('what an event says to the world', () => {
  it.each(WALLET_EVENT_TYPES)('of %s: its kind, what caused it, and why, wherever a golden stream has one', (type) => {
    const [kind, sourceKind, reasoned] = SAID[type];
    const found = everyEvent.filter(({ event }) => event.type === type);
    expect(found.length).toBeGreaterThan(0);
    for (const { stored } of found) {
      if (stored === undefined) throw new Error('every event is stored');
      const said = describeEvent(stored);
      expect(said.kind).toEqual(typeof kind === 'string' ? kind : expect.stringMatching(kind));
      expect(said.source?.kind).toEqual(sourceKind instanceof RegExp ? expect.stringMatching(sourceKind) : sourceKind);
      expect(typeof said.reasonCode).toBe(reasoned ? 'string' : 'undefined');
      expect(said.corrects !== undefined).toBe(type === 'PointsReversed');
    }
  });

  it.each(streams)('given "$name", then after every event the points said so far add up to what the member owns', ({ events }) => {
    let wallet = emptyWallet();
    let said = 0;
    for (const [index, stored] of recorded(events).entries()) {
      wallet = evolve(wallet, events[index] ?? decodeEvent(stored));
      said = stored.type === 'BooksOpened' ? ownedBy(wallet) : said + describeEvent(stored).points;
      expect(said).toBe(ownedBy(wallet));
    }
  });
});
