import { StoreOverloaded } from '@trebol/event-store';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { encodeWallet } from './codec/wallet-codec.ts';
import type { PointsCommand } from './commands.ts';
import { checkOf, content } from './content.ts';
import { fingerprintOf, identity } from './identity.ts';
import { verifyStream } from './invariants.ts';
import { UNKNOWN_READS_MAX } from './limits.ts';
import { capture, earn, giveBack, hold, redeem, release } from './testing/commands.ts';
import { ANA, LedgerKit, summary } from './testing/ledger-kit.ts';
import type { Wallet } from './wallet/state.ts';
import { walletStream } from './wallet-id.ts';

let kit: LedgerKit;
beforeEach(() => { kit = new LedgerKit(); });

describe('an answer that was lost', () => {
  it.each(['lostAfterWriting', 'lostBeforeWriting'] as const)('%s: is settled by reading back and comparing ids', async (fault) => {
    const ledger = kit.ledger();
    kit.line.faults = [fault];
    expect(await ledger.handle(ANA, earn('sale', 100)))
      .toMatchObject({ status: 'accepted', alreadyDone: false, balance: { available: 100 } });
    expect((await kit.eventsOf(ANA)).map((event) => event.type)).toEqual(['WalletOpened', 'PointsEarned']);
  });

  it.each([['lostAfterWriting', 1], ['lostBeforeWriting', 2]] as const)(
    '%s: what is found there is not sent again, so the store is asked to append %i time(s)', async (fault, appends) => {
      kit.line.faults = [fault];
      await kit.ledger().handle(ANA, earn('sale', 100));
      expect(kit.line.appends.length).toBe(appends);
    });

  it('is a conflict when somebody else stands where it was to stand', async () => {
    const [here, there] = [kit.ledger(), kit.ledger()];
    await here.handle(ANA, earn('sale', 100));
    kit.line.before = async () => {
      await there.handle(ANA, redeem('other', 30));
      kit.line.faults = ['lostBeforeWriting'];
    };
    expect(await here.handle(ANA, redeem('mine', 100)))
      .toMatchObject({ refusal: { code: 'insufficientPoints', available: 70, requested: 100 } });
  });

  it('stays unknown when reading back does not help either, and the same command again settles it', async () => {
    const ledger = kit.ledger();
    await ledger.handle(ANA, earn('sale', 100));
    kit.line.faults = ['lostAfterWriting'];
    kit.line.readsFail = true;
    expect(summary(await ledger.handle(ANA, redeem('r', 60)))).toBe('unknown');
    kit.line.readsFail = false;
    expect(await ledger.handle(ANA, redeem('r', 60)))
      .toMatchObject({ alreadyDone: true, effect: { spent: 60 }, balance: { available: 40 } });
  });

  it('asks a bounded number of times', async () => {
    kit.line.faults = Array.from({ length: 50 }, () => 'lostBeforeWriting' as const);
    expect(summary(await kit.ledger().handle(ANA, earn('sale', 100)))).toBe('unknown');
    expect(kit.line.appends.length).toBe(1 + UNKNOWN_READS_MAX);
  });

  it('crash after append: the award that is sent again is already done, with the first answer', async () => {
    kit.line.faults = ['crashAfterWriting', 'lostBeforeWriting', 'lostBeforeWriting', 'lostBeforeWriting'];
    kit.line.readsFail = true;
    await kit.ledger().handleMany([{ wallet: ANA, command: earn('sale', 100) }]);
    kit.line.readsFail = false;
    kit.line.faults = [];
    const [again] = await kit.ledger().handleMany([{ wallet: ANA, command: earn('sale', 100) }]);
    expect(again).toMatchObject({ status: 'accepted', alreadyDone: true, effect: { granted: 100 }, balance: { available: 100 },
      revision: 2 });
    expect((await kit.eventsOf(ANA)).length).toBe(2);
  });
});

describe('a store that has too much to do', () => {
  it('is told to the till as what it is, asked once and has written nothing', async () => {
    const ledger = kit.ledger();
    await ledger.handle(ANA, earn('sale', 100));
    kit.line.appends.length = 0;
    kit.line.faults = ['overloaded'];
    await expect(ledger.handle(ANA, redeem('r', 60))).rejects.toThrow(StoreOverloaded);
    expect(kit.line.appends.length).toBe(1);
    expect(await ledger.handle(ANA, redeem('r', 60))).toMatchObject({ status: 'accepted', alreadyDone: false, balance: { available: 40 } });
  });

  it('given it is so for the second of two appends, then what the first one wrote is answered', async () => {
    const ledger = kit.ledger();
    kit.line.faults = ['none', 'overloaded'];
    const outcomes = await Promise.allSettled([earn('a', 1), earn('b', 2), earn('c', 3)].map(async (command) => ledger.handle(ANA, command)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(kit.line.appends.length).toBe(2);
  });

  it('given an answer was lost before, then it stays unknown: that append may be there', async () => {
    const ledger = kit.ledger();
    kit.line.faults = ['lostBeforeWriting', 'overloaded'];
    const outcome = await ledger.handle(ANA, earn('sale', 100));
    expect(outcome).toMatchObject({ status: 'unknown', cause: { message: 'time-out' } });
    expect(kit.line.appends.length).toBe(2);
  });

  it('given the next period must be opened first, then that is told as what it is, too', async () => {
    const ledger = kit.ledger();
    await ledger.handle(ANA, earn('sale', 100));
    kit.line.faults = ['none', ...Array.from({ length: 1 + UNKNOWN_READS_MAX }, () => 'lostBeforeWriting' as const)];
    expect(await ledger.closeBooks([ANA], 1)).toEqual(['unknown']);
    kit.line.faults = ['overloaded'];
    await expect(ledger.handle(ANA, redeem('r', 60))).rejects.toThrow(StoreOverloaded);
    expect(summary(await ledger.handle(ANA, redeem('r', 60)))).toBe('accepted');
  });
});

describe('the first answer again', () => {
  const first: readonly [string, readonly PointsCommand[], PointsCommand][] = [
    ['a reversal', [earn('s', 100), redeem('r', 80)], giveBack('s', 'back', 60)],
    ['a hold, with the instant it lapses at', [earn('s', 100)], hold('h', 40, '2026-02-10T12:15:00Z')],
    ['a capture', [earn('s', 100), hold('h', 40, '2026-02-10T12:15:00Z')], capture('h', 30)],
    ['a release', [earn('s', 100), hold('h', 40, '2026-02-10T12:15:00Z')], release('h')],
    ['a redemption', [earn('s', 100)], redeem('r', 80)],
  ];
  it.each(first)('is given for %s', async (_, before, command) => {
    const ledger = kit.ledger();
    for (const earlier of before) await ledger.handle(ANA, earlier);
    const once = await ledger.handle(ANA, command);
    const twice = await kit.ledger().handle(ANA, { ...command, commandId: 'again' });
    expect(once).toMatchObject({ status: 'accepted', alreadyDone: false });
    expect(twice).toEqual({ ...once, alreadyDone: true });
  });

  it('includes what expired at once when a hold of a lapsed lot was let go', async () => {
    const ledger = kit.ledger();
    await ledger.handle(ANA, earn('s', [{ points: 50, through: '2026-02-10' }]));
    await ledger.handle(ANA, hold('h', 50, '2026-02-11T00:10:00Z'));
    kit.clock.set('2026-02-11T00:05:00Z');
    const once = await ledger.handle(ANA, release('h'));
    expect(once).toMatchObject({ effect: { restored: 50, expired: 50 } });
    expect(await kit.ledger().handle(ANA, release('h'))).toEqual({ ...once, alreadyDone: true });
  });

  /** A ledger whose snapshot of Ana's wallet says more than her stream does. */
  async function onForged(forge: (wallet: Wallet) => Partial<Wallet>) {
    const stream = walletStream(ANA);
    const { wallet: folded } = verifyStream(await kit.eventsOf(ANA));
    const snapshot = { ...encodeWallet({ ...folded, ...forge(folded) }), revision: folded.revision };
    const store = new Proxy(kit.line.store, {
      get: (target, name: keyof typeof kit.line.store) => {
        if (name === 'load') return async () => new Map([[stream, { revision: folded.revision, snapshot, events: [] }]]);
        const member: unknown = target[name];
        return typeof member === 'function' ? (member as () => unknown).bind(target) : member;
      },
    });
    return kit.ledger({ store, cacheMax: 0 });
  }

  it('is not given on a fingerprint alone: another fact under the same fingerprint is new', async () => {
    await kit.ledger().handle(ANA, earn('sale', 100));
    const twin = fingerprintOf(identity.spending('twin'));
    const same = { fingerprint: twin, content: checkOf(content.ofPoints(30)), revision: 1 };
    const ledger = await onForged(({ seen }) => ({ seen: [same, ...seen] }));
    expect(summary(await ledger.handle(ANA, redeem('twin', 30)))).toBe('accepted');
    const other = { fingerprint: fingerprintOf(identity.spending('other')), content: checkOf(content.ofPoints(31)), revision: 1 };
    const conflicting = await onForged(({ seen }) => ({ seen: [other, ...seen] }));
    expect(summary(await conflicting.handle(ANA, redeem('other', 30)))).toBe('accepted');
  });

  it('is not given on the fingerprint of a hold alone: what another one did is no answer', async () => {
    await kit.ledger().handle(ANA, earn('sale', 100));
    const closed = { fingerprint: fingerprintOf(identity.spending('twin')), holdId: null, expiresAt: 0, closedBy: 1, allocations: [], restored: 0 };
    const ledger = await onForged(() => ({ spendings: [{ ...closed, state: 'captured' }] }));
    expect(summary(await ledger.handle(ANA, capture('twin')))).toBe('holdClosed');
    expect(summary(await ledger.handle(ANA, release('twin')))).toBe('holdClosed');
  });

  it('is not given to a capture of all that was held after one of less, though the wallet remembers the same 16 bits of both', async () => {
    const [held, captured] = [50 + 65_536, 50];
    expect(checkOf(content.ofPoints(held))).toBe(checkOf(content.ofPoints(captured)));
    const ledger = kit.ledger();
    await ledger.handle(ANA, earn('sale', 100_000));
    await ledger.handle(ANA, hold('h', held, '2026-02-10T12:15:00Z'));
    const asked = [capture('h', captured), capture('h'), capture('h', captured)].map((command) => ({ wallet: ANA, command }));
    const refused = { status: 'refused', refusal: { code: 'holdClosed', holdId: 'h', state: 'captured', captured } };
    expect((await ledger.handleMany(asked)).map(summary)).toEqual(['accepted', 'holdClosed', 'already done']);
    expect(await kit.ledger().handle(ANA, capture('h'))).toMatchObject(refused);
  });

  it('is not given on the 16 bits of a content that a wallet remembers: the event has the whole of it', async () => {
    const [once, other] = [redeem('r', 50), redeem('r', 50 + 65_536)];
    expect(checkOf(content.ofPoints(once.points))).toBe(checkOf(content.ofPoints(other.points)));
    const ledger = kit.ledger();
    await ledger.handle(ANA, earn('sale', 100_000));
    const outcomes = await ledger.handleMany([once, other, once].map((command) => ({ wallet: ANA, command })));
    expect(outcomes.map(summary)).toEqual(['accepted', 'sourceConflict', 'already done']);
    expect(await kit.ledger().handle(ANA, other)).toMatchObject({ status: 'refused', refusal: { code: 'sourceConflict', source: 'r' } });
    expect((await ledger.wallet(ANA)).balance.available).toBe(99_950);
  });
});
