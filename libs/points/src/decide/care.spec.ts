import { describe, expect, it } from '@jest/globals';
import { fingerprintOf, identity, lotIdAt, lotIdOf } from '../identity.ts';
import { FREEZES_MAX, NOTE_CHARACTERS_MAX, POINTS_PER_LOT_MAX } from '../limits.ts';
import {
  adjust, charge, closeWallet, extend, forfeit, freeze, moveOut, receive, send, takeBack, unfreeze,
} from '../testing/care-commands.ts';
import { capture, earn, expireLots, giveBack, hold, openWallet, redeem, release, ticket } from '../testing/commands.ts';
import { at, given } from '../testing/given.ts';

const LATER = '2026-02-10T12:15:00Z';
const lotOf = (key: string, ordinal = 0) => lotIdOf(ticket(key), ordinal);

describe('AdjustPoints', () => {
  it('gives a lot with dates of its own, which pays what is owed first', () => {
    given().when(adjust('gift', 40, { through: '2026-03-01' })).thenRecords('WalletOpened', 'PointsAdjusted').withEffect({ granted: 40 })
      .leaving({ available: 40, expiring: [{ validThrough: '2026-03-01', points: 40 }] });
    given(earn('a', 50), redeem('r', 50), giveBack('a', 'back', 50)).when(adjust('gift', 60)).withEffect({ granted: 60, debtRepaid: 50 })
      .withEvent({ debtRepaid: [{ lotId: lotIdAt(fingerprintOf(identity.adjustment({ kind: 'desk', key: 'gift' })), 0), points: 50 }] })
      .leaving({ available: 10, debt: 0 });
    given(earn('a', 50), redeem('r', 50), giveBack('a', 'back', 50)).when(adjust('gift', 60, { from: '2026-02-20' }))
      .withEffect({ debtRepaid: 0 }).leaving({ pending: 60, debt: 50 }).leaving({ available: 10, debt: 0 }, '2026-02-20');
  });

  it('takes available points in spend order, whatever the policy, and never what is not there', () => {
    const wallet = () => given(earn('late', 30), earn('soon', [{ points: 10, through: '2026-03-01' }, { points: 99, from: '2026-06-01' }]));
    wallet().under('onlyPending').when(adjust('fix', -25)).thenRecords('PointsAdjusted').withEffect({ deducted: 25 })
      .withEvent({ taken: [{ lotId: lotOf('soon'), points: 10 }, { lotId: lotOf('late'), points: 15 }] }).leaving({ available: 15 });
    wallet().when(adjust('fix', -40)).leaving({ available: 0, debt: 0, pending: 99 });
    wallet().when(adjust('fix', -41)).thenRefused({ code: 'insufficientPoints', available: 40, requested: 41 });
    given().when(adjust('fix', -1)).thenRefused({ code: 'insufficientPoints', available: 0, requested: 1 });
  });

  it('is done once, whatever the dates and the note; other points or another reason are another thing', () => {
    given(adjust('gift', 40)).when({ ...adjust('gift', 40, { through: '2026-05-01' }), note: 'again' }).thenAlreadyDone();
    given(adjust('gift', 40)).when(adjust('gift', 41)).thenRefused({ code: 'sourceConflict', source: 'desk/gift' });
    given(adjust('gift', 40)).when(adjust('gift', 40, {}, 'other')).thenRefused({ code: 'sourceConflict', source: 'desk/gift' });
  });

  it('is refused when frozen for all, closed, or past a limit', () => {
    given(freeze('z')).when(adjust('gift', 1)).thenRefused({ code: 'walletFrozen', mode: 'all' });
    given(closeWallet('k')).when(adjust('gift', 1)).thenRefused({ code: 'walletClosed' });
    given().when({ ...adjust('gift', 1), note: 'x'.repeat(NOTE_CHARACTERS_MAX) }).thenRecords('WalletOpened', 'PointsAdjusted');
    given().when({ ...adjust('gift', 1), note: 'x'.repeat(NOTE_CHARACTERS_MAX + 1) })
      .thenRefused({ code: 'limitReached', limit: 'noteCharacters', max: NOTE_CHARACTERS_MAX });
    given().when(adjust('gift', POINTS_PER_LOT_MAX)).thenRecords('WalletOpened', 'PointsAdjusted');
    given().when(adjust('gift', POINTS_PER_LOT_MAX + 1))
      .thenRefused({ code: 'limitReached', limit: 'pointsPerLot', max: POINTS_PER_LOT_MAX });
  });

  it('that nobody may send throws', () => {
    const { lot, ...undated } = adjust('gift', 5);
    for (const wrong of [adjust('x', 0), adjust('x', 0.5), undated, { ...adjust('x', -5), lot }, { ...adjust('x', -5), by: '' }]) {
      expect(() => given().when(wrong)).toThrow(RangeError);
    }
  });
});

describe('FreezeWallet and UnfreezeWallet', () => {
  it('stop what puts points to use, or all that gives and takes them', () => {
    const wallet = () => given(earn('s', 50), hold('h', 10, LATER));
    wallet().and(freeze('z', 'spending')).when(redeem('r', 1)).thenRefused({ code: 'walletFrozen', mode: 'spending' });
    wallet().and(freeze('z', 'spending')).when(send('t', 1)).thenRefused({ code: 'walletFrozen', mode: 'spending' });
    wallet().and(freeze('z', 'spending')).when(earn('t', 1)).thenRecords('PointsEarned');
    wallet().and(freeze('z')).when(earn('t', 1)).thenRefused({ code: 'walletFrozen', mode: 'all' });
    wallet().and(freeze('z')).when(giveBack('s', 'back', 1)).thenRefused({ code: 'walletFrozen', mode: 'all' });
    wallet().and(freeze('z')).when(charge('card', 1)).thenRefused({ code: 'walletFrozen', mode: 'all' });
    wallet().and(freeze('z')).when(receive('t', earn('x', 1).lots)).thenRefused({ code: 'walletFrozen', mode: 'all' });
  });

  it('let time go on: holds lapse, lots expire', () => {
    given(earn('s', [{ points: 50, through: '2026-02-10' }]), hold('h', 10, LATER), freeze('z'))
      .when(expireLots('2026-02-11'), '2026-02-11')
      .thenRecords('HoldReleased', 'PointsExpired').leaving({ available: 0, held: 0 });
    given(earn('s', 50), hold('h', 10, LATER), freeze('z')).when(release('h')).thenRecords('HoldReleased');
  });

  it('stand for one reason each: the strictest counts, and each is lifted for itself', () => {
    const both = given(earn('s', 50), freeze('fraud', 'spending'), freeze('merge'));
    both.when(earn('t', 1)).thenRefused({ code: 'walletFrozen', mode: 'all' });
    both.when(unfreeze('merge')).thenRecords('WalletUnfrozen');
    both.when(redeem('r', 1)).thenRefused({ code: 'walletFrozen', mode: 'spending' });
    both.when(unfreeze('fraud')).thenRecords('WalletUnfrozen');
    both.when(redeem('r', 1)).thenRecords('PointsRedeemed');
  });

  it('are done once; refused in another mode, for a freeze that is not there and past the limit', () => {
    given().when(freeze('z')).thenRecords('WalletOpened', 'WalletFrozen');
    given(freeze('z')).when(freeze('z')).thenAlreadyDone();
    given(freeze('z')).when(freeze('z', 'spending')).thenRefused({ code: 'sourceConflict', source: 'z' });
    given(freeze('z'), unfreeze('z')).when(freeze('z')).thenAlreadyDone();
    given(freeze('z'), unfreeze('z')).when(unfreeze('z')).thenAlreadyDone();
    given(freeze('z')).when(unfreeze('y')).thenRefused({ code: 'freezeNotFound', freezeId: 'y' });
    given(closeWallet('k')).when(freeze('z')).thenRefused({ code: 'walletClosed' });
    const many = Array.from({ length: FREEZES_MAX }, (_, n) => freeze(`z${n}`));
    given(...many.slice(1)).when(freeze('last')).thenRecords('WalletFrozen');
    given(...many).when(freeze('one more')).thenRefused({ code: 'limitReached', limit: 'freezes', max: FREEZES_MAX });
  });
});

describe('ForfeitPoints', () => {
  const wallet = () => given(earn('s', [{ points: 50 }, { points: 20, from: '2026-06-01' }]), hold('h', 10, LATER), freeze('z'));

  it('takes everything, pending and held points too, so that no till captures afterwards', () => {
    const forfeited = wallet().when(forfeit('f')).thenRecords('HoldReleased', 'PointsForfeited').withEffect({ forfeited: 70, restored: 0 });
    forfeited.leaving({ available: 0, pending: 0, held: 0 });
    wallet().and(forfeit('f'), unfreeze('z')).when(capture('h')).thenRefused({ code: 'holdClosed', holdId: 'h', state: 'released' });
  });

  it('lets who leaves owe nothing, and a fraud go on owing', () => {
    const owing = () => given(earn('a', 50), redeem('r', 50), giveBack('a', 'back', 50), charge('card', 9));
    owing().when(forfeit('f', 'closure')).withEffect({ forfeited: 0, debtWrittenOff: 50, feeWaived: 9 }).leaving({ debt: 0, feeDue: 0 });
    owing().when(forfeit('f', 'erasure')).leaving({ debt: 0, feeDue: 0 });
    owing().when(forfeit('f', 'fraud')).withEffect({ debtWrittenOff: 0, feeWaived: 0 }).leaving({ debt: 50, feeDue: 9 });
  });

  it('given the purchase is returned later, then nobody is asked a second time for what was lost', () => {
    given(earn('s', 50), redeem('r', 20), forfeit('f', 'fraud')).when(giveBack('s', 'back', 50))
      .withEffect({ reversed: 20, debtIncurred: 20 }).leaving({ debt: 20 });
  });

  it('is done once, refused for another reason and when closed', () => {
    wallet().and(forfeit('f')).when(forfeit('f')).thenAlreadyDone();
    wallet().and(forfeit('f')).when(forfeit('f', 'fraud')).thenRefused({ code: 'sourceConflict', source: 'f' });
    given(closeWallet('k')).when(forfeit('f')).thenRefused({ code: 'walletClosed' });
  });
});

describe('ExtendPoints', () => {
  it('gives a later last day to what would lapse earlier, held and pending points too', () => {
    given(
      earn('s', [{ points: 5, through: '2026-03-01' }, { points: 6, through: '2026-12-31' }, { points: 7, through: null },
        { points: 8, from: '2026-02-20', through: '2026-02-28' }]),
      hold('h', 5, LATER), at('2026-02-10T12:01:00Z'),
    ).when(extend('visit', '2026-06-30')).thenRecords('PointsExtended').withEvent({ lotIds: [lotOf('s', 0), lotOf('s', 3)] })
      .leaving({ expiring: [{ validThrough: '2026-06-30', points: 5 }, { validThrough: '2026-12-31', points: 6 }] });
  });

  it('does not bring back what has lapsed, and never makes a lot live shorter', () => {
    given(earn('s', [{ points: 5, through: '2026-02-10' }]), at('2026-02-11')).when(extend('visit'))
      .thenRecords('PointsExpired', 'PointsExtended').leaving({ available: 0 });
    given(earn('s', [{ points: 5, through: '2026-12-31' }])).when(extend('visit', '2026-06-30')).withEvent({ lotIds: [] })
      .leaving({ expiring: [{ validThrough: '2026-12-31', points: 5 }] });
  });

  it('names only lots that have points and would end before, not those that end with this day or have just lapsed', () => {
    const lots = [{ points: 5, through: '2026-03-01' }, { points: 6, through: '2026-06-30' }, { points: 9, through: '2026-02-28' }];
    given(earn('s', lots), redeem('r', 9)).when(extend('visit', '2026-06-30')).withEvent({ lotIds: [lotOf('s', 0)] });
    const pinned = given(earn('s', [{ points: 5, through: '2026-02-10' }]), hold('h', 5, '2026-02-11T00:10:00Z'));
    pinned.when(extend('visit', '2026-06-30'), '2026-02-11').withEvent({ lotIds: [] });
    pinned.when(release('h')).thenRecords('HoldReleased', 'PointsExpired');
  });

  it('is done once, refused with another day, when frozen for all and when closed', () => {
    given(openWallet(), extend('visit')).when(extend('visit')).thenAlreadyDone();
    given(extend('visit')).when(extend('visit', '2029-01-01')).thenRefused({ code: 'sourceConflict', source: 'ticket/visit' });
    given(freeze('z')).when(extend('visit')).thenRefused({ code: 'walletFrozen', mode: 'all' });
    given(closeWallet('k')).when(extend('visit')).thenRefused({ code: 'walletClosed' });
  });
});

describe('CloseWallet', () => {
  it('closes what is empty, frozen or not, and says where it moved', () => {
    given().when(closeWallet('k')).thenRecords('WalletOpened', 'WalletClosed');
    given(earn('s', 5), freeze('z'), moveOut('m'), closeWallet('k', 'bea')).when(earn('t', 1))
      .thenRefused({ code: 'walletClosed', movedTo: 'bea' });
  });

  it('is refused while there are points, pending or held, debt or a fee due', () => {
    given(earn('s', 5)).when(closeWallet('k')).thenRefused({ code: 'walletNotEmpty', points: 5, debt: 0, feeDue: 0 });
    given(earn('s', [{ points: 5, from: '2026-06-01' }])).when(closeWallet('k'))
      .thenRefused({ code: 'walletNotEmpty', points: 5, debt: 0, feeDue: 0 });
    given(earn('s', 5), hold('h', 5, LATER)).when(closeWallet('k')).thenRefused({ code: 'walletNotEmpty', points: 5, debt: 0, feeDue: 0 });
    given(charge('card', 9)).when(closeWallet('k')).thenRefused({ code: 'walletNotEmpty', points: 0, debt: 0, feeDue: 9 });
    given(earn('a', 5), redeem('r', 5), giveBack('a', 'back', 5)).when(closeWallet('k'))
      .thenRefused({ code: 'walletNotEmpty', points: 0, debt: 5, feeDue: 0 });
  });

  it('is done once; another closing and everything else is refused', () => {
    given(closeWallet('k', 'bea')).when(closeWallet('k', 'bea')).thenAlreadyDone();
    given(closeWallet('k', 'bea')).when(closeWallet('k')).thenRefused({ code: 'sourceConflict', source: 'k' });
    given(closeWallet('k')).when(closeWallet('l')).thenRefused({ code: 'walletClosed' });
    given(earn('s', 5), send('t', 5), closeWallet('k', 'bea')).when(takeBack('t')).thenRefused({ code: 'walletClosed', movedTo: 'bea' });
  });
});
