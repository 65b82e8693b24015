import { PostgresEventStore } from '@trebol/event-store';
import { fixedClock, freshDatabase } from '@trebol/testing';
import { describe, expect, it } from '@jest/globals';
import { encodeWallet } from './codec/wallet-codec.ts';
import { fingerprintOf, lotIdAt } from './identity.ts';
import { EFFECTS_PER_PERIOD_MAX, LOTS_PER_PERIOD_MAX, SNAPSHOT_ALWAYS_BYTES_MAX, SNAPSHOT_EVERY_EVENTS } from './limits.ts';
import { createPointsLedger } from './points-ledger.ts';
import { earn, policy, redeem, t, utc } from './testing/commands.ts';
import { NOON } from './testing/given.ts';
import { ANA, summary } from './testing/ledger-kit.ts';
import { emptyWallet, type Wallet } from './wallet/state.ts';
import { walletStream } from './wallet-id.ts';

/** The wallet of one who did as much in a period as is allowed, and spent it all. */
function busiest(): Wallet {
  const seen = Array.from({ length: EFFECTS_PER_PERIOD_MAX }, (_, n) => (
    { fingerprint: fingerprintOf(`effect ${n}`), content: '0a0b', revision: 2 + n }));
  const perEffect = LOTS_PER_PERIOD_MAX / EFFECTS_PER_PERIOD_MAX;
  const lots = seen.flatMap(({ fingerprint, revision }) => Array.from({ length: perEffect }, (_, ordinal) => ({
    lotId: lotIdAt(fingerprint, ordinal), source: fingerprint, recorded: revision, granted: 20_000 + revision, entitled: 19_000 + revision, remaining: 0,
    held: 0, expired: 500, forgiven: 100, availableFrom: t(NOON) + revision * 61_007, expiresAt: utc.endOfDay('2027-06-30'),
    validThrough: '2027-06-30', activated: true,
  })));
  const spendings = seen.map(({ fingerprint, revision }, n) => ({
    fingerprint, state: 'redeemed' as const, holdId: null, expiresAt: 0, closedBy: revision, restored: 0,
    allocations: lots.slice(n * perEffect, (n + 1) * perEffect).map(({ lotId }) => ({ lotId, points: 18_000 + revision })),
  }));
  return { ...emptyWallet(), opened: true, revision: 2 + EFFECTS_PER_PERIOD_MAX, recordedAt: t(NOON), seen, lots, spendings };
}

/** Bytes of the largest snapshot that the store keeps. */
const KEPT_BYTES_MAX = 1_048_576;

describe('the largest snapshot', () => {
  it('of a period with all the effects and lots there may be is one that the store keeps', () => {
    expect(encodeWallet(busiest()).bytes.length).toBeLessThanOrEqual(KEPT_BYTES_MAX);
    expect(encodeWallet(busiest()).bytes.length).toBeGreaterThan(KEPT_BYTES_MAX / 4);
  });
});

describe('the snapshot of a wallet on a PostgresEventStore', () => {
  it('given it is larger than goes with every append, then it goes with some, and no load folds more events over it than between two', async () => {
    const database = await freshDatabase();
    const clock = fixedClock(NOON);
    const store = await PostgresEventStore.open({ url: database.url, clock });
    const ledger = createPointsLedger({ store, clock, policyOf: () => policy(), cacheMax: 10 });
    for (let round = 0; round < 3; round += 1) {
      const batch = Array.from({ length: 1_500 }, (_, n) => ({ wallet: ANA, command: { ...earn(`s${round}~${n}`, 90 + n), explanation: '' } }));
      const points = batch.reduce((sum, { command }) => sum + (command.lots[0]?.points ?? 0), 0);
      const outcomes = await ledger.handleMany([...batch, { wallet: ANA, command: redeem(`r${round}`, points - 1) }]);
      expect(new Set(outcomes.map(summary))).toEqual(new Set(['accepted']));
    }
    const tailOf = async () => (await store.load([walletStream(ANA)])).get(walletStream(ANA));
    /** So many awards in one append, and how many events a load then folds over the snapshot. */
    const foldedAfter = async (awards: number, name: string) => {
      await ledger.handleMany(Array.from({ length: awards }, (_, n) => ({ wallet: ANA, command: { ...earn(`${name}${n}`, 1), explanation: '' } })));
      return (await tailOf())?.events.length;
    };
    const toMark = SNAPSHOT_EVERY_EVENTS - 1 - ((await tailOf())?.revision ?? 0) % SNAPSHOT_EVERY_EVENTS;
    expect(await foldedAfter(toMark, 'up to the mark')).toBe(toMark);
    expect(await foldedAfter(1, 'past it')).toBe(0);
    expect(await foldedAfter(SNAPSHOT_EVERY_EVENTS - 1, 'up to the next')).toBe(SNAPSHOT_EVERY_EVENTS - 1);
    expect(await foldedAfter(1, 'past the next')).toBe(0);
    const bytes = (await tailOf())?.snapshot?.bytes.length ?? 0;
    expect([bytes > SNAPSHOT_ALWAYS_BYTES_MAX, bytes <= KEPT_BYTES_MAX]).toEqual([true, true]);
    const cold = createPointsLedger({ store, clock, policyOf: () => policy(), cacheMax: 0 });
    expect((await cold.wallet(ANA)).balance).toEqual((await ledger.wallet(ANA)).balance);
    await store.close();
    await database.drop();
  }, 120_000);
});
