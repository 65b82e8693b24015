import { describe, expect, it } from '@jest/globals';
import { lotIdOf } from '../identity.ts';
import { cancel, earn, giveBack, hold, openWallet, redeem, release, ticket } from '../testing/commands.ts';
import { at, given } from '../testing/given.ts';

const LATER = '2026-02-10T12:15:00Z';
const lotOf = (key: string, ordinal = 0) => lotIdOf(ticket(key), ordinal);

describe('OpenWallet', () => {
  it('opens a wallet once', () => {
    given().when(openWallet()).thenRecords('WalletOpened');
    given(openWallet()).when(openWallet()).thenAlreadyDone();
  });
});

describe('EarnPoints', () => {
  it('opens the wallet when it is not open yet', () => {
    given().when(earn('s', 10)).thenRecords('WalletOpened', 'PointsEarned').leaving({ available: 10 });
    given(openWallet()).when(earn('s', 10)).thenRecords('PointsEarned');
  });

  it('records a source that is worth nothing, so that it stays one effect', () => {
    given(earn('s', [])).when(earn('s', [])).thenAlreadyDone();
  });

  it('pays debt from the lots that lapse first, and not from pending ones', () => {
    given(earn('a', 50), redeem('r', 50), giveBack('a', 'back', 50))
      .when(earn('b', [{ points: 30, through: '2027-12-31' }, { points: 30, through: '2026-12-31' }, { points: 99,
        from: '2026-06-01' }]))
      .withEvent({ debtRepaid: [{ lotId: lotOf('b', 1), points: 30 }, { lotId: lotOf('b', 0), points: 20 }] })
      .leaving({ available: 10, pending: 99, debt: 0 });
  });

  it('lets a lot that has lapsed before it came expire at once, without paying debt', () => {
    given(earn('a', 50), redeem('r', 50), giveBack('a', 'back', 50))
      .when(earn('old', [{ points: 20, from: '2025-01-01', through: '2026-02-09' }]))
      .thenRecords('PointsEarned', 'PointsExpired').withEffect({ granted: 20, debtRepaid: 0, expired: 20 })
        .leaving({ available: 0, debt: 50 });
  });

  it('throws on a lot that is in the wallet under another source', () => {
    const stolen = { ...earn('b', 1), lots: earn('a', 1).lots };
    expect(() => given(earn('a', 1)).when(stolen)).toThrow('under another source');
  });
});

describe('ReverseEarning', () => {
  it('is refused when its sale is not there', () => {
    given().when(giveBack('s', 'back', 10)).thenRefused({ code: 'sourceNotFound', source: 'ticket/s' });
  });

  it('is done once, and refused with other content', () => {
    const sale = given(earn('s', 100), giveBack('s', 'back', 10));
    sale.when(giveBack('s', 'back', 10)).thenAlreadyDone();
    sale.when({ ...giveBack('s', 'back', 20), contentHash: 'other' }).thenRefused({ code: 'sourceConflict', source: 'ticket/back' });
  });

  it('never takes more than was granted, over all returns together', () => {
    given(earn('s', 100), giveBack('s', 'first', 60)).when(giveBack('s', 'second', 41))
      .thenRefused({ code: 'reversalExceedsEarning', lotId: lotOf('s'), left: 40, requested: 41 });
    given(earn('s', 100), giveBack('s', 'first', 60)).when(giveBack('s', 'second', 40)).thenRecords('PointsReversed')
      .leaving({ available: 0, debt: 0 });
  });

  it('takes from its own lot first, though others of the source are pending or lapse sooner', () => {
    const sale = () => given(earn('s', [{ points: 10, through: '2026-12-31' }, { points: 10, through: '2026-03-01' }, { points: 10, from: '2026-06-01' },
      { points: 10, from: '2026-07-01', through: '2026-08-01' }]));
    const taken = (ordinal: number, points: number) => ({ taken: [{ lotId: lotOf('s', ordinal), points }] });
    sale().when(giveBack('s', 'back', [10])).withEvent(taken(0, 10));
    sale().when(giveBack('s', 'back', [0, 0, 4])).withEvent(taken(2, 4));
    sale().under('withinBalance').when(giveBack('s', 'back', [10])).withEvent(taken(0, 10));
    sale().under('onlyPending').when(giveBack('s', 'back', [0, 0, 4])).withEvent(taken(2, 4));
    sale().under('onlyPending').when(giveBack('s', 'back', [4])).withEvent(taken(3, 4));
  });

  it('given a lot becomes available at this very instant, then it is available: no longer pending, and not both', () => {
    const sale = () => given(earn('s', [{ points: 100, through: '2026-03-31' }, { points: 10, from: '2026-02-10T13:00:00Z' }]), redeem('r', 100));
    const noon = '2026-02-10T13:00:00Z';
    sale().when(giveBack('s', 'back', [30]), noon).withEvent({ taken: [{ lotId: lotOf('s', 1), points: 10 }] }).leaving({ debt: 20 });
    sale().under('onlyPending').when(giveBack('s', 'back', [0, 10]), noon).withEffect({ reversed: 0 }).leaving({ available: 10, debt: 0 });
  });

  it('given points of a lot came back after the rest of it had lapsed, then the return takes those and forgives the others', () => {
    const cancelled = () => given(earn('s', [{ points: 100, through: '2026-02-11' }]), redeem('r', 60), at('2026-02-12'), cancel('r', 'c'));
    cancelled().when(giveBack('s', 'back', 70)).withEvent({ lots: [{ lotId: lotOf('s'), points: 70, alreadyExpired: 10 }] })
      .withEffect({ reversed: 60, debtIncurred: 0 }).leaving({ available: 0, debt: 0 });
    cancelled().and(giveBack('s', 'one', 70)).when(giveBack('s', 'two', 30)).withEffect({ reversed: 0 }).leaving({ debt: 0 });
  });

  it('takes nothing where the sale was worth nothing', () => {
    given(earn('s', [])).when(giveBack('s', 'back', [])).thenRecords('PointsReversed').withEffect({ reversed: 0 });
  });

  it('looks beyond its own lot in pending, then available lots of the source, then others in spend order, then makes debt', () => {
    given(
      earn('soon', [{ points: 5, through: '2026-12-31' }]), redeem('r0', 5),
      earn('s', [{ points: 100, through: '2026-03-31' }, { points: 10, from: '2026-06-01' }, { points: 7 }]), redeem('r', 100),
      earn('late', [{ points: 6, through: null }]), earn('early', [{ points: 4, through: '2026-04-30' }]),
    ).when(giveBack('s', 'back', 100)).withEvent({
      taken: [
        { lotId: lotOf('s', 1), points: 10 }, { lotId: lotOf('s', 2), points: 7 }, { lotId: lotOf('early'), points: 4 },
          { lotId: lotOf('late'), points: 6 },
      ],
      debtIncurred: 73,
    });
  });

  it('asks nobody for what had expired: only points that were put to use become debt', () => {
    given(earn('s', [{ points: 100, through: '2026-02-28' }]), redeem('r', 80))
      .when(giveBack('s', 'back', 100), '2026-03-05').withEffect({ reversed: 80, debtIncurred: 80 })
        .leaving({ available: 0, debt: 80 });
    given(earn('s', [{ points: 100, through: '2026-02-28' }]), redeem('r', 80), at('2026-03-05'), giveBack('s', 'one', 15))
      .when(giveBack('s', 'two', 85)).withEffect({ reversed: 80 }).leaving({ debt: 80 });
  });

  it('leaves held points pinned, and the points that come back pay the debt', () => {
    const held = given(earn('s', 100), hold('h', 80, LATER));
    held.when(giveBack('s', 'back', 60)).withEffect({ reversed: 60, debtIncurred: 40 }).leaving({ available: 0, held: 80, debt: 40 });
    held.when(release('h')).withEffect({ restored: 80, debtRepaid: 40 }).leaving({ available: 40, held: 0, debt: 0 });
  });

  it('given the hold of a lapsed lot is let go, then what came back pays debt before the rest expires', () => {
    given(earn('s', [{ points: 100, through: '2026-02-10' }]), hold('h', 80, '2026-02-11T00:10:00Z'), giveBack('s', 'back', 60))
      .when(release('h'), '2026-02-11T00:05:00Z')
      .thenRecords('HoldReleased', 'PointsExpired').withEffect({ debtRepaid: 40, expired: 40 }).leaving({ available: 0, debt: 0 });
  });

  it('makes an old debt again when the earning that paid it is reversed', () => {
    given(earn('a', 50), redeem('r', 50), giveBack('a', 'back a', 50), earn('b', 60))
      .when(giveBack('b', 'back b', 60)).withEffect({ reversed: 60, debtIncurred: 50 }).leaving({ available: 0, debt: 50 });
  });

  it('reaches as far as the policy of the programme says', () => {
    const steps = [earn('s', [{ points: 50 }, { points: 20, from: '2026-06-01' }]), redeem('r', 40), earn('other', 5)];
    given(...steps).under('onlyPending').when(giveBack('s', 'back', [50, 20])).withEffect({ reversed: 20, debtIncurred: 0 })
      .leaving({ available: 15, pending: 0, debt: 0 });
    given(...steps).under('withinBalance').when(giveBack('s', 'back', [50, 20])).withEffect({ reversed: 35, debtIncurred: 0 })
      .leaving({ available: 0, pending: 0, debt: 0 });
    given(...steps).under('unlimited').when(giveBack('s', 'back', [50, 20])).withEffect({ reversed: 70, debtIncurred: 35 })
      .leaving({ debt: 35 });
  });
});
