import { describe, expect, it } from '@jest/globals';
import { fingerprintOf, identity } from '../identity.ts';
import { freeze, send } from '../testing/care-commands.ts';
import { TRANSFER_BACK_DAYS_MAX } from '../limits.ts';
import { DAY, earn, giveBack, hold, redeem, t, ticket } from '../testing/commands.ts';
import { at, given } from '../testing/given.ts';
import { evolve } from '../wallet/evolve.ts';
import { emptyWallet, type Wallet } from '../wallet/state.ts';
import { closingOf, eventsBefore, openingOf, placeOf } from './carry-over.ts';

const NOW = t('2027-01-01');
const HASH = 'ab'.repeat(32);

/** The wallet as its next period begins, when everything is older than the window. */
function carried(wallet: Wallet, rememberFrom = Infinity, happened = 0): Wallet {
  const closing = closingOf(wallet, { now: NOW, next: wallet.period + 1, hash: HASH, rememberFrom, occurredAt: () => happened });
  return evolve(emptyWallet(), openingOf(closing));
}

const effects = (wallet: Wallet) => new Set(wallet.seen.map((effect) => effect.fingerprint));
const known = (...identities: readonly string[]) => new Set(identities.map(fingerprintOf));
const lotsOf = (wallet: Wallet) => wallet.lots.map((lot) => [lot.source, lot.remaining, lot.held]);

describe('what a period hands on, however old it is', () => {
  it('is an open lot with the effect that granted it, and not a lot whose points are gone', () => {
    const wallet = carried(given(earn('gone', 5), redeem('r', 5), earn('open', 7)).history.wallet);
    expect(lotsOf(wallet)).toEqual([[fingerprintOf(identity.earning(ticket('open'))), 7, 0]]);
    expect(effects(wallet)).toEqual(known(identity.earning(ticket('open'))));
    expect(wallet.spendings).toEqual([]);
  });

  it('is an open hold with its lot, though nothing else is in it', () => {
    const wallet = carried(given(earn('s', 5), hold('h', 5, '2026-02-10T12:15:00Z')).history.wallet);
    expect(lotsOf(wallet)).toEqual([[fingerprintOf(identity.earning(ticket('s'))), 0, 5]]);
    expect(effects(wallet)).toEqual(known(identity.earning(ticket('s')), identity.spending('h')));
    expect(wallet.spendings).toMatchObject([{ state: 'open', holdId: 'h' }]);
  });

  it('is a transfer that may come back, with the lot it would come back to, and none that has arrived long since', () => {
    const sending = given(earn('s', 5), send('t', 5)).history.wallet;
    const wallet = carried(sending, Infinity, NOW - TRANSFER_BACK_DAYS_MAX * DAY);
    expect(lotsOf(wallet)).toEqual([[fingerprintOf(identity.earning(ticket('s'))), 0, 0]]);
    expect(effects(wallet)).toEqual(known(identity.earning(ticket('s')), identity.sending('t')));
    expect(carried(sending, Infinity, NOW - TRANSFER_BACK_DAYS_MAX * DAY - 1)).toMatchObject({ lots: [], spendings: [], seen: [] });
  });

  it('is a freeze, so that lifting it is known for what it is', () => {
    const wallet = carried(given(freeze('z')).history.wallet);
    expect(wallet).toMatchObject({ frozen: 'all', freezes: [{ mode: 'all' }] });
    expect(effects(wallet)).toEqual(known(identity.freeze('z')));
  });

  it('is debt', () => {
    const wallet = carried(given(earn('s', 5), redeem('r', 5), giveBack('s', 'back', 5)).history.wallet);
    expect(wallet).toMatchObject({ debt: 5, lots: [], seen: [], books: { carried: 0 } });
  });
});

describe('the window', () => {
  it('remembers what happened at its first instant, and not what happened before', () => {
    const { wallet } = given(earn('s', 5), redeem('r', 5)).history;
    expect(carried(wallet, 1_000, 1_000).seen).toEqual(wallet.seen);
    expect(carried(wallet, 1_000, 1_000).books).toMatchObject({ rememberedFrom: 1_000, carried: 2 });
    expect(carried(wallet, 1_001, 1_000).seen).toEqual([]);
    expect(carried(carried(wallet, 1_000, 1_000), 500).books).toMatchObject({ rememberedFrom: 1_000 });
  });
});

describe('the places of events', () => {
  it('are those of their own stream, at both ends of each period', () => {
    const first = given(earn('a', 5), earn('b', 5)).history.wallet;
    const second = evolve(carried(first), given(earn('c', 5)).history.events[0] ?? { type: 'WalletOpened', occurredAt: 0, recordedAt: 0 });
    const third = carried(second);
    expect([first, second, third].map(eventsBefore)).toEqual([0, 4, 7]);
    expect([1, 4, 5, 7, 8].map((number) => placeOf(third, number))).toEqual([
      { period: 1, revision: 1 }, { period: 1, revision: 4 }, { period: 2, revision: 1 }, { period: 2, revision: 3 }, { period: 3, revision: 1 },
    ]);
    expect(placeOf(first, 3)).toEqual({ period: 1, revision: 3 });
  });
});

describe('BooksOpened', () => {
  it('throws where it is not the first event of its stream', () => {
    const { wallet } = given(earn('s', 5), at('2026-12-31')).history;
    const opening = openingOf(closingOf(wallet, { now: NOW, next: 2, hash: HASH, rememberFrom: 0, occurredAt: () => 0 }));
    for (const begun of [{ ...emptyWallet(), opened: true }, { ...emptyWallet(), lots: wallet.lots }]) {
      expect(() => evolve(begun, opening)).toThrow('not the first event');
    }
  });
});
