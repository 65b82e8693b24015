import { describe, it } from '@jest/globals';
import { lotIdOf } from '../identity.ts';
import { activateLots, cancel, capture, earn, expireLots, giveBack, hold, lapse, redeem, release,
  ticket } from '../testing/commands.ts';
import { at, given } from '../testing/given.ts';

const LATER = '2026-02-10T12:15:00Z';
const lotOf = (key: string, ordinal = 0) => lotIdOf(ticket(key), ordinal);

describe('PlaceHold', () => {
  it('pins points to the lots that lapse first', () => {
    given(earn('late', 50), earn('soon', [{ points: 30, through: '2026-03-01' }])).when(hold('h', 40, LATER))
      .withEvent({ allocations: [{ lotId: lotOf('soon'), points: 30 }, { lotId: lotOf('late'), points: 10 }] })
      .leaving({ available: 40, held: 40 });
  });

  it('is the same hold when asked again for as much, even if the till counts its minutes anew', () => {
    given(earn('s', 50), hold('h', 40, LATER)).when(hold('h', 40, '2026-02-10T12:16:00Z')).thenAlreadyDone();
    given(earn('s', 50), hold('h', 40, LATER)).when(hold('h', 41, LATER)).thenRefused({ code: 'sourceConflict', source: 'h' });
    given(earn('s', 50), redeem('x', 40)).when(hold('x', 41, LATER)).thenRefused({ code: 'sourceConflict', source: 'x' });
  });

  it('is refused without enough points, and when it would lapse before it begins', () => {
    given(earn('s', 50)).when(hold('h', 51, LATER)).thenRefused({ code: 'insufficientPoints', available: 50, requested: 51 });
    given(earn('s', 50)).when(hold('h', 50, '2026-02-10T12:00:00Z'))
      .thenRefused({ code: 'holdExpired', holdId: 'h', expiresAt: Date.parse('2026-02-10T12:00:00Z') });
  });

  it('finds the points of a hold whose time is over, and says first that it lapsed', () => {
    given(earn('s', 50), hold('old', 50, LATER)).when(hold('new', 50, '2026-02-10T13:00:00Z'), LATER)
      .thenRecords('HoldReleased', 'HoldPlaced');
    given(earn('s', 50), hold('old', 50, LATER)).when(redeem('r', 1), '2026-02-10T12:14:59.999Z')
      .thenRefused({ code: 'insufficientPoints', available: 0, requested: 1 });
  });
});

describe('CaptureHold', () => {
  const held = () => given(earn('a', [{ points: 30, through: '2026-03-01' }]), earn('b', 50), hold('h', 60, LATER));

  it('spends what was held, wholly or in part, in the order it was allocated', () => {
    held().when(capture('h')).thenRecords('HoldCaptured').withEffect({ spent: 60, restored: 0 }).leaving({ available: 20, held: 0 });
    held().when(capture('h', 40))
      .withEffect({ spent: 40, restored: 20, allocations: [{ lotId: lotOf('a'), points: 30 }, { lotId: lotOf('b'), points: 10 }] })
      .leaving({ available: 40, held: 0 });
  });

  it('is done once', () => {
    held().and(capture('h', 40)).when(capture('h', 40)).thenAlreadyDone();
    held().and(capture('h', 60)).when(capture('h')).thenAlreadyDone();
    held().and(capture('h')).when(capture('h', 60)).thenAlreadyDone();
    held().and(capture('h', 40)).when(capture('h', 41)).thenRefused({ code: 'holdClosed', holdId: 'h', state: 'captured', captured: 40 });
  });

  it('asks for all that was held when it names no points: another capture than one of less', () => {
    held().and(capture('h', 40)).when(capture('h')).thenRefused({ code: 'holdClosed', holdId: 'h', state: 'captured', captured: 40 });
  });

  it('is refused for a hold that is not there, let go, too small or over', () => {
    held().when(capture('other')).thenRefused({ code: 'holdNotFound', holdId: 'other' });
    held().and(redeem('r', 1)).when(capture('r')).thenRefused({ code: 'holdNotFound', holdId: 'r' });
    held().and(release('h')).when(capture('h')).thenRefused({ code: 'holdClosed', holdId: 'h', state: 'released' });
    held().when(capture('h', 61)).thenRefused({ code: 'captureExceedsHold', held: 60, requested: 61 });
  });

  it('gets the same refusal for a lapsed hold whether or not a job has booked the lapse', () => {
    const refusal = { code: 'holdExpired', holdId: 'h', expiresAt: Date.parse(LATER) } as const;
    held().when(capture('h'), LATER).thenRefused(refusal);
    held().and(at(LATER), lapse('h')).when(capture('h')).thenRefused(refusal);
    held().when(capture('h'), '2026-02-10T12:14:59.999Z').thenRecords('HoldCaptured');
  });
});

describe('ReleaseHold and LapseHold', () => {
  const held = () => given(earn('s', 50), hold('h', 40, LATER));

  it('gives the points back, once', () => {
    held().when(release('h')).thenRecords('HoldReleased').withEffect({ restored: 40 }).leaving({ available: 50, held: 0 });
    held().and(release('h')).when(release('h')).thenAlreadyDone();
    held().when(lapse('h'), LATER).thenRecords('HoldReleased').withEffect({ restored: 40 }).leaving({ available: 50 });
    held().and(at(LATER), lapse('h')).when(lapse('h')).thenAlreadyDone();
  });

  it('lets go of a hold whose time is over by saying that it lapsed', () => {
    held().when(release('h'), LATER).thenRecords('HoldReleased').withEvent({ reason: 'lapsed' });
    held().and(at(LATER), lapse('h')).when(release('h')).thenAlreadyDone();
  });

  it('is refused for a hold that is not there, spent already or not due', () => {
    given().when(release('h')).thenRefused({ code: 'holdNotFound', holdId: 'h' });
    given().when(lapse('h')).thenRefused({ code: 'holdNotFound', holdId: 'h' });
    held().and(capture('h')).when(release('h')).thenRefused({ code: 'holdClosed', holdId: 'h', state: 'captured' });
    held().and(release('h')).when(lapse('h')).thenRefused({ code: 'holdClosed', holdId: 'h', state: 'released' });
    held().when(lapse('h')).thenRefused({ code: 'holdNotDue', holdId: 'h', expiresAt: Date.parse(LATER) });
  });
});

describe('RedeemPoints', () => {
  it('spends what lapses first, never-lapsing points last', () => {
    given(earn('never', [{ points: 10, through: null }]), earn('late', 10), earn('soon', [{ points: 10, through: '2026-03-01' }]))
      .when(redeem('r', 25))
      .withEvent({ allocations: [{ lotId: lotOf('soon'), points: 10 }, { lotId: lotOf('late'), points: 10 },
        { lotId: lotOf('never'), points: 5 }] });
  });

  it('is done once, and refused with another figure or without enough points', () => {
    given(earn('s', 50), redeem('r', 50)).when(redeem('r', 50)).thenAlreadyDone();
    given(earn('s', 50), redeem('r', 50)).when(redeem('r', 40)).thenRefused({ code: 'sourceConflict', source: 'r' });
    given(earn('s', [{ points: 50, from: '2026-02-11' }])).when(redeem('r', 1))
      .thenRefused({ code: 'insufficientPoints', available: 0, requested: 1 });
  });
});

describe('CancelRedemption', () => {
  const spent = () => given(earn('a', [{ points: 30, through: '2026-03-01' }]), earn('b', 50), redeem('r', 60));

  it('gives back to the lots what a smaller redemption would not have taken', () => {
    spent().when(cancel('r', 'c', 20)).withEffect({ restored: 20, allocations: [{ lotId: lotOf('b'), points: 20 }] })
      .leaving({ available: 40 });
    spent().and(cancel('r', 'c', 20)).when(cancel('r', 'd')).withEffect({ restored: 40 }).leaving({ available: 80 });
  });

  it('gives back a captured hold too', () => {
    given(earn('s', 50), hold('h', 40, LATER), capture('h', 30)).when(cancel('h', 'c')).withEffect({ restored: 30 })
      .leaving({ available: 50 });
  });

  it('pays debt first with what comes back', () => {
    given(earn('s', 50), redeem('r', 50), giveBack('s', 'back', 50)).when(cancel('r', 'c')).withEffect({ restored: 50, debtRepaid: 50 })
      .leaving({ available: 0, debt: 0 });
  });

  it('is done once; refused with other content, beyond what was spent, or for what was never spent', () => {
    spent().and(cancel('r', 'c', 20)).when(cancel('r', 'c', 20)).thenAlreadyDone();
    spent().and(cancel('r', 'c', 20)).when(cancel('r', 'c', 21)).thenRefused({ code: 'sourceConflict', source: 'c' });
    spent().and(cancel('r', 'c', 20)).when(cancel('r', 'd', 41))
      .thenRefused({ code: 'cancelExceedsRedemption', cancellable: 40, requested: 41 });
    spent().and(cancel('r', 'c')).when(cancel('r', 'd')).thenRefused({ code: 'cancelExceedsRedemption', cancellable: 0, requested: 0 });
    spent().when(cancel('x', 'c')).thenRefused({ code: 'redemptionNotFound', redemptionId: 'x' });
    given(earn('s', 50), hold('h', 40, LATER)).when(cancel('h', 'c')).thenRefused({ code: 'redemptionNotFound', redemptionId: 'h' });
  });
});

describe('ExpireLots and ActivateLots', () => {
  it('book what is due, and nothing when nothing is', () => {
    const lots = given(earn('s', [{ points: 5, through: '2026-02-28' }, { points: 7, from: '2026-02-20' }]));
    lots.when(activateLots('2026-02-19'), '2026-02-19').thenRecords();
    lots.when(activateLots('2026-02-20'), '2026-02-20').thenRecords('PointsActivated').leaving({ available: 12 });
    lots.when(expireLots('2026-02-28'), '2026-02-28').thenRecords();
    lots.when(expireLots('2026-03-01'), '2026-03-01').thenRecords('PointsExpired').withEffect({ expired: 5 }).leaving({ available: 7 });
    lots.when(expireLots('2026-03-01'), '2026-03-02').thenRecords();
  });
});

describe('LapseHold, late', () => {
  it('books what was due by the end of that hold, and no more', () => {
    const holds = () => given(earn('s', 50), hold('first', 10, '2026-02-10T12:05:00Z'), hold('second', 10, '2026-02-10T12:10:00Z'));
    holds().when(lapse('first'), '2026-02-10T12:30:00Z').thenRecords('HoldReleased').withEvent({ holdId: 'first', reason: 'lapsed' });
    holds().when(lapse('second'), '2026-02-10T12:30:00Z').thenRecords('HoldReleased', 'HoldReleased');
    holds().and(redeem('r', 1)).when(lapse('r')).thenRefused({ code: 'holdNotFound', holdId: 'r' });
  });
});
