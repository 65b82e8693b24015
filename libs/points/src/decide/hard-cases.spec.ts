import { describe, expect, it } from '@jest/globals';
import { effectOf } from '../effect.ts';
import { expiryOf } from '../expiry/expiry-policy.ts';
import { lotIdOf } from '../identity.ts';
import { closeWallet, receive, send, takeBack } from '../testing/care-commands.ts';
import {
  activateLots, cancel, capture, earn, expireLots, giveBack, hold, redeem, release, t, ticket, utc, utcMonths,
} from '../testing/commands.ts';
import { at, given } from '../testing/given.ts';
import { ANA, LedgerKit } from '../testing/ledger-kit.ts';

const lotOf = (key: string) => lotIdOf(ticket(key), 0);

describe('hard case 1: a return after spending', () => {
  it('takes 20 of 60 from the lot and makes 40 debt, which the next 50 repay', () => {
    given(earn('sale', 100), redeem('r1', 80))
      .when(giveBack('sale', 'return', 60))
      .thenRecords('PointsReversed')
      .withEffect({ reversed: 60, debtIncurred: 40, allocations: [{ lotId: lotIdOf(ticket('sale'), 0), points: 20 }] })
      .leaving({ available: 0, debt: 40 });
    given(earn('sale', 100), redeem('r1', 80), giveBack('sale', 'return', 60))
      .when(earn('next', 50))
      .withEffect({ granted: 50, debtRepaid: 40 })
      .leaving({ available: 10, debt: 0 });
  });

  it('takes base and bonus as upstream says, 530 of 620', () => {
    given(earn('sale', [{ points: 120 }, { points: 500 }]))
      .when(giveBack('sale', 'return', [30, 500]))
      .withEffect({ reversed: 530, debtIncurred: 0 })
      .leaving({ available: 90 });
  });
});

describe('hard case 2: a late ticket', () => {
  const bought = '2025-02-20T18:30:00Z';
  const came = '2026-02-10T12:00:00Z';
  /** As upstream dates it: from the purchase on, and through the 30th day after it came at least. */
  function late(key: string, months: number, daysAtLeast = 30) {
    const { validThrough } = expiryOf({ kind: 'months', months }, '2025-02-20', utcMonths);
    const atLeast = utc.addDays('2026-02-10', daysAtLeast);
    const through = validThrough !== null && validThrough < atLeast ? atLeast : validThrough;
    return { ...earn(key, [{ points: 10, from: bought, through }]), occurredAt: t(bought) };
  }

  it('lives from its purchase on, 12 months: to the 20th, were there not 30 days from when it came', () => {
    given().when(late('late', 12), came).withEvent({ type: 'PointsEarned', occurredAt: t(bought), recordedAt: t(came) })
      .leaving({ available: 10 }, '2026-03-12T23:59:59.999Z').leaving({ available: 0 }, '2026-03-13');
    given().when(late('late', 14), came).leaving({ available: 10 }, '2026-04-20T23:59:59.999Z').leaving({ available: 0 }, '2026-04-21');
  });

  it('given nobody grants it days beyond its own, then what had lapsed before it came is gone as it comes, and pays no debt', () => {
    given(earn('s', 5), redeem('r', 5), giveBack('s', 'back', 5)).when(late('late', 11, 0), '2026-02-11')
      .thenRecords('PointsEarned', 'PointsExpired').withEffect({ granted: 10, expired: 10, debtRepaid: 0 }).leaving({ available: 0, debt: 5 });
  });

  it('is spent in its place, before what was earned later, as if it had come in time', () => {
    const [early, recent] = [late('late', 14), earn('recent', [{ points: 10, from: '2026-02-01', through: '2026-05-01' }])];
    for (const order of [[early, recent], [recent, early]]) {
      given(...order).when(redeem('r', 12))
        .withEffect({ allocations: [{ lotId: lotOf('late'), points: 10 }, { lotId: lotOf('recent'), points: 2 }] });
    }
  });
});

describe('hard case 3: a return before its sale', () => {
  it('is told that the sale is not there and has no effect; once the sale came, both orders are the same wallet', () => {
    const waiting = given().when(giveBack('sale', 'return', 30)).thenRefused({ code: 'sourceNotFound', source: 'ticket/sale' });
    waiting.leaving({ available: 0, debt: 0 });
    given(earn('sale', 100)).when(giveBack('sale', 'return', 30)).withEffect({ reversed: 30 }).leaving({ available: 70, debt: 0 });
  });
});

describe('hard case 4: duplicates', () => {
  it('is one effect when the same ticket comes by API and in the nightly file', () => {
    given(earn('sale', 100)).when({ ...earn('sale', 100), commandId: 'from the file' }).thenAlreadyDone().leaving({ available: 100 });
  });

  it('is a conflict when the same ticket comes with other content', () => {
    given(earn('sale', 100)).when(earn('sale', 200, 'other content')).thenRefused({ code: 'sourceConflict', source: 'ticket/sale' })
      .leaving({ available: 100 });
  });

  it('counts a sequence number again on another business day', () => {
    given(earn('1~1~2026-02-10~7', 5)).when(earn('1~1~2026-02-11~7', 6)).thenRecords('PointsEarned').leaving({ available: 11 });
  });
});

describe('hard case 5: expiry racing redemption', () => {
  const evening = '2026-02-28T23:59:58Z';
  const night = '2026-03-01T00:00:05Z';
  const lapsing = earn('sale', [{ points: 100, through: '2026-02-28' }]);

  it('captures after midnight what a hold pinned before it', () => {
    given(lapsing, at(evening), hold('h', 80, '2026-03-01T00:10:00Z'))
      .when(capture('h'), night)
      .thenRecords('PointsExpired', 'HoldCaptured').withEffect({ spent: 80 }).leaving({ available: 0, held: 0 });
  });

  it('refuses a redemption without hold one second after midnight, though no job has run', () => {
    given(lapsing).when(redeem('r', 1), '2026-03-01T00:00:01Z').thenRefused({ code: 'insufficientPoints', available: 0, requested: 1 });
    given(lapsing).when(redeem('r', 1), '2026-02-28T23:59:59.999Z').thenRecords('PointsRedeemed');
    given(lapsing).when(redeem('r', 1), '2026-03-01T00:00:00Z').thenRefused({ code: 'insufficientPoints', available: 0, requested: 1 });
  });

  it('gives points of a hold released after midnight back, and they expire at once', () => {
    given(lapsing, at(evening), hold('h', 80, '2026-03-01T00:10:00Z'))
      .when(release('h'), night)
      .thenRecords('PointsExpired', 'HoldReleased', 'PointsExpired').withEffect({ restored: 80, expired: 80 })
        .leaving({ available: 0, held: 0 });
  });

  it('restores a redemption cancelled after its lot lapsed through the 30th day, flagged', () => {
    given(lapsing, redeem('r', 60))
      .when(cancel('r', 'c', 50), '2026-03-10T15:00:00Z')
      .thenRecords('PointsExpired', 'RedemptionCancelled')
      .withEvent({
        type: 'RedemptionCancelled',
        restored: [{ lotId: lotIdOf(ticket('sale'), 0), points: 50, extendedTo: { validThrough: '2026-04-09',
          expiresAt: t('2026-04-10') } }],
      })
      .leaving({ available: 50, expiring: [{ validThrough: '2026-04-09', points: 50 }] })
      .leaving({ available: 0 }, '2026-04-10');
  });
});

describe('hard case 6: two tills and the last 100 points', () => {
  it('given both decide on the same wallet, then one wins by revision, and the other decides again and hears the true figure', async () => {
    const kit = new LedgerKit();
    const [one, two] = [kit.ledger(), kit.ledger()];
    await one.handle(ANA, earn('sale', 100));
    await two.wallet(ANA);
    // The second till appends between the decision of the first one and its append.
    kit.line.before = async () => { await two.handle(ANA, redeem('till 2', 70)); };
    const first = await one.handle(ANA, redeem('till 1', 100));
    expect(first).toMatchObject({ status: 'refused', refusal: { code: 'insufficientPoints', available: 30, requested: 100 }, revision: 3 });
    expect(kit.line.appends.map(({ batch }) => batch[0]?.expectedRevision)).toEqual(['noStream', 2, 2]);
    expect((await kit.eventsOf(ANA)).map(({ type }) => type)).toEqual(['WalletOpened', 'PointsEarned', 'PointsRedeemed']);
  });
});

describe('hard case 8: a transfer', () => {
  const ana = () => given(earn('a', [{ points: 30, through: '2026-03-01' }]));

  it('keeps ids and last days, is refused while the sender is in debt, and comes home when the recipient closed first', () => {
    const sender = ana();
    const decision = sender.history.run(send('t', 20));
    const sent = decision.verdict === 'accepted' ? effectOf(decision.own).lots ?? [] : [];
    given().when(receive('t', sent)).leaving({ available: 20, expiring: [{ validThrough: '2026-03-01', points: 20 }] });
    given(closeWallet('k')).when(receive('t', sent)).thenRefused({ code: 'walletClosed' });
    sender.when(takeBack('t')).leaving({ available: 30, expiring: [{ validThrough: '2026-03-01', points: 30 }] });
    expect(sender.history.wallet.lots).toEqual(ana().history.wallet.lots);
    ana().and(redeem('r', 30), giveBack('a', 'back', 10)).when(send('t', 1)).thenRefused({ code: 'senderInDebt', debt: 10 });
  });
});

describe('hard case 10: points as tender', () => {
  const paid = () => given(earn('old', [{ points: 50, through: '2026-03-01' }]), earn('new', 50), redeem('80 points', 80));

  it('gives half back to the lots they came from, the last taken first', () => {
    paid().when(cancel('80 points', 'half', 40)).withEffect({ restored: 40 })
      .withEvent({ restored: [{ lotId: lotOf('new'), points: 30, extendedTo: null }, { lotId: lotOf('old'), points: 10, extendedTo: null }] })
      .leaving({ available: 60 });
  });

  it('gives thirds back as 26, 27 and 27, as upstream rounds them, and not one point more', () => {
    const thirds = paid();
    for (const [part, points] of [['1', 26], ['2', 27], ['3', 27]] as const) thirds.when(cancel('80 points', part, points)).withEffect({ restored: points });
    thirds.when(cancel('80 points', '4', 1)).thenRefused({ code: 'cancelExceedsRedemption', cancellable: 0, requested: 1 });
    expect(thirds.history.balance()).toEqual(given(earn('old', [{ points: 50, through: '2026-03-01' }]), earn('new', 50)).history.balance());
  });
});

describe('time is booked with the next decision, as it happened', () => {
  it('lets pending points repay debt when they become available, not before', () => {
    const history = given(earn('a', 50), redeem('r', 50), giveBack('a', 'ra', 50), earn('b', [{ points: 80,
      from: '2026-03-01' }])).history;
    expect(history.balance()).toMatchObject({ available: 0, pending: 80, debt: 50 });
    expect(history.balance('2026-03-01')).toMatchObject({ available: 30, pending: 0, debt: 0 });
    given(earn('a', 50), redeem('r', 50), giveBack('a', 'ra', 50), earn('b', [{ points: 80, from: '2026-03-01' }]))
      .when(activateLots('2026-03-02'), '2026-03-02').thenRecords('PointsActivated').leaving({ available: 30, debt: 0 });
  });

  it('books what fell due in the order of its instants, however late it is', () => {
    const slept = given(
      earn('a', [{ points: 100, through: '2026-02-28' }]), earn('p', [{ points: 40, from: '2026-02-20', through: '2026-03-05' }]),
      hold('h', 60, '2026-02-12T00:00:00Z'),
    );
    slept.when(expireLots('2026-04-01'), '2026-04-01')
      .thenRecords('HoldReleased', 'PointsActivated', 'PointsExpired', 'PointsExpired').leaving({ available: 0, held: 0, pending: 0 });
    expect(slept.history.events.slice(-4).map((event) => event.occurredAt))
      .toEqual([t('2026-02-12'), t('2026-02-20'), t('2026-03-01'), t('2026-03-06')]);
  });

  it('never books beyond the clock', () => {
    given(earn('a', [{ points: 100, through: '2026-02-28' }])).when(expireLots('2027-01-01'), '2026-02-11').thenRecords()
      .leaving({ available: 100 });
  });

  it('does not take a wallet back in time when another clock is behind', () => {
    const seen = '2026-02-10T12:00:00.100Z';
    given(at(seen), earn('a', [{ points: 10, from: seen }])).when(redeem('r', 10), '2026-02-10T12:00:00.050Z')
      .thenRecords('PointsRedeemed').withEvent({ recordedAt: t(seen) });
  });
});
