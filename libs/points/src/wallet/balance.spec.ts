import { describe, expect, it } from '@jest/globals';
import { capture, earn, giveBack, hold, redeem, t } from '../testing/commands.ts';
import { at, given } from '../testing/given.ts';
import { balanceAt, figures, lotsOf } from './balance.ts';
import { owed } from './changes.ts';

const LATER = '2026-02-11T00:10:00Z';

describe('the state of a lot, as people see it', () => {
  const statesAt = (wallet: ReturnType<typeof given>, when: string) => lotsOf(wallet.history.wallet, t(when)).map((lot) => lot.state);

  it('is pending up to the instant it begins, then available, then expired', () => {
    const wallet = given(earn('s', [{ points: 5, from: '2026-02-12', through: '2026-02-13' }]));
    expect(['2026-02-11T23:59:59.999Z', '2026-02-12', '2026-02-13T23:59:59.999Z', '2026-02-14'].map((when) => statesAt(wallet, when)))
      .toEqual([['pending'], ['available'], ['available'], ['expired']]);
  });

  it('is closed when its points were put to use, expired when time took any of them', () => {
    expect(statesAt(given(earn('s', 5), redeem('r', 5)), '2026-02-10')).toEqual(['closed']);
    expect(statesAt(given(earn('s', 5), giveBack('s', 'back', 5)), '2026-02-10')).toEqual(['closed']);
    expect(statesAt(given(earn('s', [{ points: 5, through: '2026-02-10' }]), redeem('r', 4)), '2026-02-11')).toEqual(['expired']);
  });

  it('is available while a hold pins its points, though its last day is over', () => {
    const pinned = given(earn('s', [{ points: 5, through: '2026-02-10' }]), hold('h', 5, LATER));
    expect(statesAt(pinned, '2026-02-11T00:05:00Z')).toEqual(['available']);
    expect(statesAt(pinned, LATER)).toEqual(['expired']);
    expect(statesAt(pinned.and(at('2026-02-11T00:05:00Z'), capture('h')), '2026-02-11T00:06:00Z')).toEqual(['closed']);
  });
});

describe('what is expiring', () => {
  it('is by last day, soonest first, held points too, and names no day on which nothing does', () => {
    const wallet = given(
      earn('late', [{ points: 5, through: '2026-06-30' }]), earn('soon', [{ points: 3, through: '2026-03-31' }, { points: 4, through: '2026-03-31' }]),
      earn('pending', [{ points: 9, from: '2026-05-01', through: '2026-05-31' }]), earn('spent', [{ points: 2, through: '2026-02-20' }]),
      earn('never', [{ points: 1, through: null }]), redeem('r', 2), hold('h', 4, '2026-02-10T12:15:00Z'),
    );
    expect(wallet.history.balance().expiring).toEqual([{ validThrough: '2026-03-31', points: 7 }, { validThrough: '2026-06-30', points: 5 }]);
  });

  it('leaves out what has lapsed, whether or not it is booked', () => {
    const { wallet } = given(earn('s', [{ points: 5, through: '2026-02-10' }])).history;
    const nothing = { available: 0, pending: 0, held: 0, expiring: [] };
    expect(balanceAt(wallet, t('2026-02-11'))).toMatchObject(nothing);
    expect(figures(wallet, t('2026-02-11'))).toMatchObject(nothing);
  });
});

describe('what is owed', () => {
  it('is never paid twice over', () => {
    expect(owed('debt', 5, 5)).toBe(0);
    expect(() => owed('debt', 5, 6)).toThrow('6 points were to pay a debt of 5');
  });
});
