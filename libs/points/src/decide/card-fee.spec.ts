import { describe, it } from '@jest/globals';
import { FEE_POINTS_MAX } from '../limits.ts';
import { adjust, charge, send, waive } from '../testing/care-commands.ts';
import { cancel, capture, earn, giveBack, hold, openWallet, redeem, release } from '../testing/commands.ts';
import { at, given } from '../testing/given.ts';

const LATER = '2026-02-10T12:15:00Z';

describe('ChargeCardFee', () => {
  it('hard case 9: is recovered from what is earned, and falls on the other purchase when the first is returned', () => {
    const card = given(charge('card', 50));
    card.when(earn('first', 30)).withEffect({ granted: 30, feeRecovered: 30 }).leaving({ available: 0, feeDue: 20, debt: 0 });
    card.when(earn('second', 100)).withEffect({ granted: 100, feeRecovered: 20 }).leaving({ available: 80, feeDue: 0 });
    card.when(giveBack('first', 'back', 30)).withEffect({ reversed: 30, debtIncurred: 0 })
      .leaving({ available: 50, feeDue: 0, debt: 0 });
  });

  it('hard case 9, the second returned too: the fee is due again, and never becomes debt', () => {
    given(charge('card', 50), earn('first', 30), earn('second', 100), giveBack('first', 'back', 30))
      .when(giveBack('second', 'all back', 100)).withEffect({ reversed: 100, feeReturned: 50, debtIncurred: 0 })
      .leaving({ available: 0, feeDue: 50, debt: 0 });
    given(charge('card', 50), earn('first', 30)).when(giveBack('first', 'back', 30)).withEffect({ reversed: 30, feeReturned: 30 })
      .leaving({ available: 0, feeDue: 50, debt: 0 });
  });

  it('opens the wallet, and is paid at once by what is available: earlier or later, it is the same wallet', () => {
    given().when(charge('card', 50)).thenRecords('WalletOpened', 'CardFeeCharged').leaving({ feeDue: 50 });
    given(openWallet(), earn('s', 30)).when(charge('card', 50)).thenRecords('CardFeeCharged')
      .withEffect({ feeCharged: 50, feeRecovered: 30 })
      .leaving({ available: 0, feeDue: 20 });
  });

  it('is paid after debt, and gives way to debt that comes later', () => {
    const inDebt = given(earn('a', 50), redeem('r', 50), giveBack('a', 'back', 50), charge('card', 30));
    inDebt.when(earn('b', 60)).withEffect({ debtRepaid: 50, feeRecovered: 10 }).leaving({ available: 0, debt: 0, feeDue: 20 });
    given(earn('a', 50), redeem('r', 50), charge('card', 30), earn('b', 40))
      .when(giveBack('a', 'back', 50)).withEffect({ reversed: 50, feeReturned: 30, debtIncurred: 10 })
      .leaving({ available: 0, debt: 10, feeDue: 30 });
  });

  it('is paid by whatever becomes free, pending points only once they are available', () => {
    given(charge('card', 50)).when(earn('s', [{ points: 80, from: '2026-02-20' }])).withEffect({ feeRecovered: 0 })
      .leaving({ pending: 80, available: 0, feeDue: 50 }).leaving({ available: 30, feeDue: 0 }, '2026-02-20');
    given(earn('s', 80), hold('h', 80, LATER), charge('card', 50)).when(release('h')).withEffect({ restored: 80, feeRecovered: 50 })
      .leaving({ available: 30 });
    given(earn('s', 80), hold('h', 80, LATER), charge('card', 50)).when(capture('h', 60)).withEffect({ feeRecovered: 20 })
      .leaving({ feeDue: 30 });
    given(earn('s', 80), redeem('r', 80), charge('card', 50)).when(cancel('r', 'c')).withEffect({ feeRecovered: 50 })
      .leaving({ available: 30 });
    given(charge('card', 50)).when(adjust('gift', 70)).withEffect({ granted: 70, feeRecovered: 50 }).leaving({ available: 20 });
    given(earn('s', [{ points: 80, from: '2026-02-20' }]), charge('card', 50), at('2026-02-21')).when(redeem('r', 31))
      .thenRefused({ code: 'insufficientPoints', available: 30, requested: 31 });
  });

  it('is not made due again where returns stop before anything is owed', () => {
    given(charge('card', 50), earn('s', 30)).under('withinBalance').when(giveBack('s', 'back', 30))
      .withEffect({ reversed: 0, debtIncurred: 0 }).leaving({ feeDue: 20, debt: 0 });
  });

  it('is done once; refused with another figure and beyond the limit', () => {
    given(charge('card', 50)).when(charge('card', 50)).thenAlreadyDone();
    given(charge('card', 50)).when(charge('card', 51)).thenRefused({ code: 'sourceConflict', source: 'desk/card' });
    given().when(charge('card', FEE_POINTS_MAX)).thenRecords('WalletOpened', 'CardFeeCharged');
    given().when(charge('card', FEE_POINTS_MAX + 1)).thenRefused({ code: 'limitReached', limit: 'feePoints', max: FEE_POINTS_MAX });
  });

  it('while it is due nothing can be sent', () => {
    given(charge('card', 50), earn('s', 30)).when(send('t', 1)).thenRefused({ code: 'insufficientPoints', available: 0, requested: 1 });
  });
});

describe('WaiveCardFee', () => {
  const due = () => given(charge('card', 50), earn('s', 30));

  it('lets go of what is due, wholly or in part, and of nothing that was paid', () => {
    due().when(waive('w')).thenRecords('CardFeeWaived').withEffect({ feeWaived: 20 }).leaving({ feeDue: 0, available: 0 });
    due().when(waive('w', 15)).withEffect({ feeWaived: 15 }).leaving({ feeDue: 5 });
    due().and(waive('w')).when(giveBack('s', 'back', 30)).withEffect({ feeReturned: 30 }).leaving({ feeDue: 30, debt: 0 });
  });

  it('is done once; refused with another figure, beyond what is due and when nothing is', () => {
    due().and(waive('w', 15)).when(waive('w', 15)).thenAlreadyDone();
    due().and(waive('w', 15)).when(waive('w', 14)).thenRefused({ code: 'sourceConflict', source: 'desk/w' });
    due().and(waive('w')).when(waive('w')).thenAlreadyDone();
    due().when(waive('w', 21)).thenRefused({ code: 'waiverExceedsFee', due: 20, requested: 21 });
    due().and(waive('w')).when(waive('v')).thenRefused({ code: 'waiverExceedsFee', due: 0, requested: 0 });
  });
});
