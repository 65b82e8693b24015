import { describe, expect, it } from '@jest/globals';
import { cancel, capture, earn, expireLots, hold, redeem, release } from '../testing/commands.ts';
import { given } from '../testing/given.ts';

const LATER = '2026-02-10T12:15:00Z';

describe('a closed or frozen wallet', () => {
  const base = () => given(earn('s', 50), hold('h', 10, LATER), redeem('r', 5));

  it('answers what was done before, and refuses in the order of precedence', () => {
    base().but({ closed: true, frozen: 'all' }).when(redeem('r', 5)).thenAlreadyDone();
    base().but({ closed: true, frozen: 'all' }).when(redeem('r', 6)).thenRefused({ code: 'sourceConflict', source: 'r' });
    base().but({ closed: true, frozen: 'all' }).when(redeem('new', 999)).thenRefused({ code: 'walletClosed' });
    base().but({ frozen: 'all' }).when(earn('new', 1)).thenRefused({ code: 'walletFrozen', mode: 'all' });
    base().but({ frozen: 'all' }).when(cancel('x', 'c')).thenRefused({ code: 'walletFrozen', mode: 'all' });
  });

  it('names the member it moved to only when it moved', () => {
    const refusalOf = (wallet: ReturnType<typeof given>) => wallet.history.decide(redeem('new', 1));
    expect(refusalOf(base().but({ closed: true }))).toEqual({ verdict: 'refused', refusal: { code: 'walletClosed' }, seenAt: null });
    expect(refusalOf(base().but({ closed: true, movedTo: 'bea' })))
      .toEqual({ verdict: 'refused', refusal: { code: 'walletClosed', movedTo: 'bea' }, seenAt: null });
  });

  it('still lets holds go and books time', () => {
    base().but({ frozen: 'all' }).when(release('h')).thenRecords('HoldReleased');
    base().but({ closed: true }).when(expireLots('2026-02-10'), '2026-02-10T12:00:00Z').thenRecords();
  });

  it('frozen for spending earns and gives back but does not spend', () => {
    base().but({ frozen: 'spending' }).when(earn('new', 1)).thenRecords('PointsEarned');
    base().but({ frozen: 'spending' }).when(cancel('r', 'c')).thenRecords('RedemptionCancelled');
    for (const command of [redeem('new', 1), hold('new', 1, LATER), capture('h')]) {
      base().but({ frozen: 'spending' }).when(command).thenRefused({ code: 'walletFrozen', mode: 'spending' });
    }
  });
});

describe('figures no caller may send', () => {
  it.each([
    ['half a point', redeem('r', 0.5)], ['no points', redeem('r', 0)], ['fewer than none', hold('h', -1, LATER)],
    ['more than an integer holds', redeem('r', 2 ** 53)], ['an instant that is none', { ...redeem('r', 1), occurredAt: Number.NaN }],
    ['a name over two lines', redeem('r\n', 1)], ['no name', cancel('r', '')],
    ['a lot id that is none', { ...earn('s', 1), lots: earn('s', 1).lots.map((lot) => ({ ...lot, lotId: 'lot_1' })) }],
    ['a lot named twice', { ...earn('s', 1), lots: [...earn('s', 1).lots, ...earn('s', 1).lots] }],
    ['a last day without its instant', { ...earn('s', 1), lots: earn('s', 1).lots.map((lot) => ({ ...lot, expiresAt: null })) }],
  ])('%s: throws, because it is a fault of the program', (_, command) => {
    expect(() => given(earn('x', 10)).when(command)).toThrow(RangeError);
  });
});
