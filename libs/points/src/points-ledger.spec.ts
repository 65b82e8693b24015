import type { StreamAppend } from '@trebol/event-store';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { emptyWallet, encodeWallet, foldWallet } from './fold.ts';
import { verifyStream } from './invariants.ts';
import {
  APPEND_RETRIES_MAX, EVENTS_PER_APPEND_MAX, LOTS_OPEN_MAX, LOTS_PER_EARNING_MAX, WALLET_QUEUE_BATCH_MAX, WALLET_QUEUE_MAX,
} from './limits.ts';
import { WalletBusy } from './shell/wallet-queue.ts';
import { earn, expireLots, redeem, t } from './testing/commands.ts';
import { NOON } from './testing/given.ts';
import { ANA, LedgerKit, summary, wallet } from './testing/ledger-kit.ts';
import { walletStream } from './wallet-id.ts';

let kit: LedgerKit;
beforeEach(() => { kit = new LedgerKit(); });

describe('handle', () => {
  it('answers with effect, balance and revision, and attaches a snapshot that folds alike', async () => {
    const outcome = await kit.ledger().handle(ANA, earn('sale', 100));
    expect(outcome).toMatchObject({ status: 'accepted', alreadyDone: false, effect: { granted: 100 },
      balance: { available: 100 }, revision: 2 });
    const [append] = kit.line.appends;
    expect(append?.lane).toBe('interactive');
    const tail = (await kit.line.store.load([walletStream(ANA)])).get(walletStream(ANA));
    expect(tail?.events).toEqual([]);
    const { wallet: folded, violations } = verifyStream(await kit.eventsOf(ANA));
    expect(violations).toEqual([]);
    expect(encodeWallet((tail && foldWallet(tail)) ?? emptyWallet())).toEqual(encodeWallet(folded));
  });

  it('given another process was quicker, when it conflicts, then it decides again on what is there', async () => {
    const [here, there] = [kit.ledger(), kit.ledger()];
    await here.handle(ANA, earn('sale', 100));
    kit.line.before = async () => { await there.handle(ANA, redeem('other till', 100)); };
    const outcome = await here.handle(ANA, redeem('this till', 100));
    expect(outcome).toMatchObject({ status: 'refused', refusal: { code: 'insufficientPoints', available: 0, requested: 100 },
      revision: 3 });
  });

  it('given a stale wallet in memory, when it would refuse, then it looks again before it says so', async () => {
    const [here, there] = [kit.ledger(), kit.ledger()];
    await here.handle(ANA, earn('first', 10));
    await there.handle(ANA, earn('second', 90));
    expect(summary(await here.handle(ANA, redeem('r', 100)))).toBe('accepted');
  });

  it('given one redemption id with two figures, when two processes race, then one is accepted and the other a conflict', async () => {
    const [here, there] = [kit.ledger(), kit.ledger()];
    await here.handle(ANA, earn('sale', 100));
    kit.line.before = async () => { await there.handle(ANA, redeem('r', 50)); };
    expect(summary(await here.handle(ANA, redeem('r', 80)))).toBe('sourceConflict');
    expect((await here.wallet(ANA)).balance.available).toBe(50);
  });

  it('gives up as unknown after a bounded number of conflicts in a row', async () => {
    const [here, there] = [kit.ledger(), kit.ledger()];
    let conflicts = 0;
    const quicker = async () => {
      conflicts += 1;
      await there.handle(ANA, earn(`other ${conflicts}`, 1));
      kit.line.before = quicker;
    };
    kit.line.before = quicker;
    expect(summary(await here.handle(ANA, earn('mine', 1)))).toBe('unknown');
    kit.line.before = undefined;
    expect(conflicts).toBe(APPEND_RETRIES_MAX + 1);
    expect(summary(await here.handle(ANA, earn('mine', 1)))).toBe('accepted');
  });

  it('shares appends among commands that queue for one wallet, in order', async () => {
    const ledger = kit.ledger();
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, n) => ledger.handle(ANA, earn(`sale ${n}`, 1))));
    expect(outcomes.map(summary)).toEqual(Array.from({ length: 50 }, () => 'accepted'));
    expect(kit.line.appends.length).toBe(2);
    expect((await ledger.wallet(ANA)).balance.available).toBe(50);
  });

  it('takes a full queue and refuses one more', async () => {
    const ledger = kit.ledger();
    const queued = Array.from({ length: WALLET_QUEUE_MAX + 1 }, (_, n) => ledger.handle(ANA, earn(`sale ${n}`, 1)));
    await expect(ledger.handle(ANA, earn('one more', 1))).rejects.toThrow(WalletBusy);
    await Promise.all(queued);
    expect(kit.line.appends.length).toBe(1 + WALLET_QUEUE_MAX / WALLET_QUEUE_BATCH_MAX);
  });

  it('rejects what no caller may send without touching its neighbours', async () => {
    const ledger = kit.ledger();
    const [good, bad, alsoGood] = await Promise.allSettled([
      ledger.handle(ANA, earn('a', 1)), ledger.handle(ANA, redeem('r', 1.5)), ledger.handle(ANA, earn('b', 1)),
    ]);
    expect([good.status, bad.status, alsoGood.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});

describe('handleMany', () => {
  it('loads once, appends once for each wallet in one bulk append, and answers in order', async () => {
    const awards = ['ana', 'bea', 'ana', 'cid', 'ana'].map((member, n) => ({ wallet: wallet(member),
      command: earn(`${member} ${n}`, n + 1) }));
    const outcomes = await kit.ledger().handleMany(awards);
    expect(outcomes.map((outcome) => (outcome.status === 'accepted' ? outcome.balance.available : 0))).toEqual([1, 2, 4, 4, 9]);
    expect([kit.line.loads, kit.line.appends.length, kit.line.appends[0]?.batch.length, kit.line.appends[0]?.lane])
      .toEqual([1, 1, 3, 'bulk']);
  });

  it('given it is delivered twice, also within one batch, then it counts once', async () => {
    const award = { wallet: ANA, command: earn('sale', 10) };
    expect((await kit.ledger().handleMany([award, award])).map(summary)).toEqual(['accepted', 'already done']);
    const again = await kit.ledger().handleMany([award, { wallet: ANA, command: earn('sale', 11, 'other') }]);
    expect(again.map(summary)).toEqual(['already done', 'sourceConflict']);
    expect(again[0]).toMatchObject({ effect: { granted: 10 } });
  });

  it('decides again only the wallets that conflict', async () => {
    const ledger = kit.ledger();
    kit.line.before = async () => { await kit.ledger().handle(ANA, earn('till', 5)); };
    const outcomes = await ledger.handleMany([{ wallet: ANA, command: earn('a', 1) }, { wallet: wallet('bea'),
      command: earn('b', 2) }]);
    expect(outcomes.map(summary)).toEqual(['accepted', 'accepted']);
    expect(kit.line.appends.at(-1)?.batch.map((append: StreamAppend) => append.stream)).toEqual([walletStream(ANA)]);
    expect((await ledger.wallet(ANA)).balance.available).toBe(6);
  });

  it('puts as many events into one append as the limit allows, and one more into the next', async () => {
    const fits = Array.from({ length: EVENTS_PER_APPEND_MAX - 1 }, (_, n) => ({ wallet: ANA, command: { ...earn(`s${n}`, []), explanation: '' } }));
    const outcomes = await kit.ledger().handleMany([...fits, { wallet: ANA, command: earn('one past', []) }]);
    expect(new Set(outcomes.map(summary))).toEqual(new Set(['accepted']));
    expect(kit.line.appends.map(({ batch }) => batch[0]?.events.length)).toEqual([EVENTS_PER_APPEND_MAX, 1]);
  });

  it('puts as many bytes into one append as the store takes, and what goes beyond into the next', async () => {
    const explanation = 'é'.repeat(100_000);
    const awards = Array.from({ length: 6 }, (_, n) => ({ wallet: ANA, command: { ...earn(`s${n}`, 1), explanation } }));
    expect((await kit.ledger().handleMany(awards)).map(summary)).toEqual(awards.map(() => 'accepted'));
    expect(kit.line.appends.map(({ batch }) => batch[0]?.events.length)).toEqual([1 + 5, 1]);
  });

  it('writes the worst midnight of a full wallet in one append', async () => {
    const ledger = kit.ledger();
    const lots = Array.from({ length: LOTS_PER_EARNING_MAX }, () => ({ points: 1, from: '2026-02-11', through: '2026-02-11' }));
    const full = Array.from({ length: LOTS_OPEN_MAX / LOTS_PER_EARNING_MAX }, (_, n) => ({ wallet: ANA, command: earn(`s${n}`,
      lots) }));
    await ledger.handleMany(full);
    kit.clock.set('2026-02-12');
    expect(await ledger.handle(ANA, redeem('r', 1))).toMatchObject({ status: 'refused', refusal: { available: 0 } });
    expect(await ledger.handle(ANA, expireLots('2026-02-12')))
      .toMatchObject({ status: 'accepted', effect: { expired: LOTS_OPEN_MAX } });
    expect(kit.line.appends.at(-1)?.batch[0]?.events.length).toBe(2 * LOTS_OPEN_MAX);
  });

  it('answers nothing to nothing', async () => {
    expect(await kit.ledger().handleMany([])).toEqual([]);
    expect(kit.line.appends).toEqual([]);
  });
});

describe('wallet', () => {
  it('is read from the store as of an instant, with the sources of its open lots', async () => {
    const ledger = kit.ledger();
    await ledger.handle(ANA, earn('a', 10));
    await ledger.handle(ANA, earn('b', [{ points: 5, from: '2026-03-01' }]));
    await ledger.handle(ANA, redeem('r', 10));
    expect(await ledger.wallet(ANA))
      .toMatchObject({ revision: 4, asOf: t(NOON), balance: { pending: 5 }, lots: [{ source: 'ticket/b', state: 'pending' }] });
    expect(await ledger.wallet(ANA, t('2026-03-01'))).toMatchObject({ balance: { available: 5, pending: 0 } });
    expect(await ledger.wallet(wallet('nobody'))).toMatchObject({ revision: 0, lots: [], balance: { available: 0 } });
  });

  it('sees time pass although no job has run, and the job changes nothing that is seen', async () => {
    const ledger = kit.ledger();
    await ledger.handle(ANA, earn('a', [{ points: 10, through: '2026-02-28' }]));
    kit.clock.set('2026-03-01');
    const before = await ledger.wallet(ANA);
    expect(before.balance.available).toBe(0);
    expect(await ledger.handle(ANA, expireLots('2026-03-01'))).toMatchObject({ effect: { expired: 10 } });
    expect((await ledger.wallet(ANA)).balance).toEqual(before.balance);
  });
});
