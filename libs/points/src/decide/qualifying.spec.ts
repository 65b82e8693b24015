import { describe, expect, it } from '@jest/globals';
import { capture, earn, giveBack, hold, policy, redeem } from '../testing/commands.ts';
import { adjust, charge, closeWallet, forfeit, freeze, moveOut, receive, send, waive } from '../testing/care-commands.ts';
import { given } from '../testing/given.ts';
import { LedgerKit, summary, wallet } from '../testing/ledger-kit.ts';

const LATER = '2026-02-10T12:15:00Z';
const NO = { code: 'pointsNotSpendable' } as const;
const status = () => given(earn('sale', 100)).qualifying();

describe('a wallet of qualifying points', () => {
  it.each([
    ['redeemed', redeem('r', 1)], ['held', hold('h', 1, LATER)], ['sent', send('t', 1)], ['received', receive('t', earn('x', 1).lots)],
    ['taken for a fee', charge('card', 1)],
  ])('given points that count, when they are to be %s, then that is refused and nothing changes', (_, command) => {
    status().when(command).thenRefused(NO).leaving({ available: 100, feeDue: 0 });
  });

  it('earns, gives back, is corrected, looked after and merged like any other', () => {
    for (const command of [earn('more', 1), giveBack('sale', 'back', 40), adjust('gift', 5), adjust('error', -5), freeze('z'), moveOut('m')]) {
      expect(status().history.run(command).verdict).toBe('accepted');
    }
    status().when(forfeit('f')).leaving({ available: 0 });
    given().qualifying().when(closeWallet('c')).thenRecords('WalletOpened', 'WalletClosed');
  });

  it('says first what will never be possible, then what is not possible now', () => {
    status().but({ closed: true }).when(redeem('r', 1)).thenRefused({ code: 'walletClosed' });
    status().but({ frozen: 'all' }).when(redeem('r', 1)).thenRefused(NO);
    status().when(redeem('r', 1_000)).thenRefused(NO);
    status().when(capture('h')).thenRefused({ code: 'holdNotFound', holdId: 'h' });
    status().when(waive('w')).leaving({ available: 100 });
  });

  it('given points that were redeemed before their type became qualifying, then that is still answered, and an open hold is kept', () => {
    const before = given(earn('sale', 100), redeem('r', 10), hold('h', 20, LATER)).qualifying();
    before.when(redeem('r', 10)).thenAlreadyDone();
    before.when(redeem('r', 11)).thenRefused({ code: 'sourceConflict', source: 'r' });
    before.when(capture('h')).thenRecords('HoldCaptured').leaving({ available: 70 });
  });

  it('given points a return cannot find any more, then they are owed in this wallet, and what is earned later pays them here', () => {
    status().and(adjust('error', -100)).when(giveBack('sale', 'back', 60)).leaving({ available: 0, debt: 60 });
    status().and(adjust('error', -100), giveBack('sale', 'back', 60)).when(earn('next', 100)).leaving({ available: 40, debt: 0 });
  });
});

describe('a member with points of two types', () => {
  it('given a debt of one type, then points of the other neither pay it nor are kept from being spent', async () => {
    const process = new LedgerKit().ledger({
      policyOf: (_programme, _tenant, pointType) => ({ ...policy(), kind: pointType === 'status' ? 'qualifying' : 'spendable' }),
    });
    const points = wallet('ana');
    const counted = { ...points, pointType: 'status' };
    await process.handleMany([
      { wallet: points, command: earn('sale', 50) }, { wallet: counted, command: earn('sale', 50) },
      { wallet: counted, command: adjust('error', -50) }, { wallet: counted, command: giveBack('sale', 'back', 50) },
    ]);
    expect((await process.wallet(counted)).balance).toMatchObject({ available: 0, debt: 50 });
    expect((await process.wallet(points)).balance).toMatchObject({ available: 50, debt: 0 });
    expect(summary(await process.handle(points, redeem('r', 50)))).toBe('accepted');
    expect(await process.handle(counted, redeem('r2', 1))).toMatchObject({ status: 'refused', refusal: NO });
    await process.handle(points, earn('late', 30));
    expect((await process.wallet(counted)).balance.debt).toBe(50);
  });
});
