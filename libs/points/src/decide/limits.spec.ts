import { describe, expect, it } from '@jest/globals';
import {
  EFFECTS_PER_PERIOD_MAX, HOLDS_OPEN_MAX, HOLD_MINUTES_MAX, LOTS_OPEN_MAX, LOTS_PER_EARNING_MAX, LOTS_PER_PERIOD_MAX, POINTS_PER_LOT_MAX,
  RESTORED_DAYS_MIN,
} from '../limits.ts';
import { adjust, charge, closeWallet, extend, forfeit, freeze, receive, send, waive } from '../testing/care-commands.ts';
import { cancel, DAY, earn, expireLots, giveBack, hold, MINUTE, redeem, t } from '../testing/commands.ts';
import { at, given, NOON } from '../testing/given.ts';

const LATER = '2026-02-10T12:15:00Z';
const reached = (limit: string, max: number) => ({ code: 'limitReached', limit, max }) as const;
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

function nothing(): never {
  throw new Error('there is no lot');
}

/** Each limit: what is at it is taken, what is one past it is refused. */
describe('limits', () => {
  it('lots of one earning', () => {
    given().when(earn('s', times(LOTS_PER_EARNING_MAX, () => ({ points: 1 })))).thenRecords('WalletOpened', 'PointsEarned');
    given().when(earn('s', times(LOTS_PER_EARNING_MAX + 1, () => ({ points: 1 }))))
      .thenRefused(reached('lotsPerEarning', LOTS_PER_EARNING_MAX));
  });

  it('points of one lot', () => {
    given().when(earn('s', POINTS_PER_LOT_MAX)).thenRecords('WalletOpened', 'PointsEarned');
    given().when(earn('s', POINTS_PER_LOT_MAX + 1)).thenRefused(reached('pointsPerLot', POINTS_PER_LOT_MAX));
  });

  it('open lots of a wallet, and a whole wallet that lapses in one midnight', () => {
    const many = times(LOTS_OPEN_MAX / LOTS_PER_EARNING_MAX, (n) => earn(`s${n}`, times(LOTS_PER_EARNING_MAX, () => ({ points: 1 }))));
    const full = given(...many.slice(0, -1)).when(many.at(-1) ?? earn('s', 1)).thenRecords('PointsEarned');
    full.leaving({ available: LOTS_OPEN_MAX });
    given(...many).when(earn('one more', 1)).thenRefused(reached('lotsOpen', LOTS_OPEN_MAX));
    given(...many, redeem('r', 1)).when(earn('one more', 1)).thenRecords('PointsEarned');
    given(...many).when(adjust('one more', 1)).thenRefused(reached('lotsOpen', LOTS_OPEN_MAX));
    given(...many, redeem('r', 1)).when(adjust('one more', 1)).thenRecords('PointsAdjusted');
    given(...many).when(adjust('less', -1)).thenRecords('PointsAdjusted');
  });

  it('lots of a period, closed ones too', () => {
    const spent = given(earn('s', 5), redeem('r', 5)).history.wallet.lots.slice();
    const filled = (lots: number) => given(earn('s', 5), redeem('r', 5))
      .but({ lots: times(lots, (n) => ({ ...spent[0] ?? nothing(), lotId: `lot_${n.toString(16).padStart(16, '0')}` })) });
    const [command, gift, arrival] = [earn('last', 1), adjust('last', 1), receive('g', earn('q', 1).lots)];
    for (const one of [command, gift, arrival]) {
      expect(filled(LOTS_PER_PERIOD_MAX - 1).history.decide(one)).toMatchObject({ verdict: 'accepted' });
      expect(filled(LOTS_PER_PERIOD_MAX).history.decide(one))
        .toMatchObject({ verdict: 'refused', refusal: reached('lotsPerPeriod', LOTS_PER_PERIOD_MAX) });
    }
    expect(filled(LOTS_PER_PERIOD_MAX).history.decide(charge('f', 1))).toMatchObject({ verdict: 'accepted' });
  });

  it('open holds of a wallet', () => {
    const holds = times(HOLDS_OPEN_MAX, (n) => hold(`h${n}`, 1, LATER));
    given(earn('s', 100), ...holds).when(hold('one more', 1, LATER)).thenRefused(reached('holdsOpen', HOLDS_OPEN_MAX));
    given(earn('s', 100), ...holds, at(LATER)).when(hold('one more', 1, t(LATER) + MINUTE))
      .thenRecords(...times(HOLDS_OPEN_MAX, () => 'HoldReleased' as const), 'HoldPlaced');
  });

  it('minutes of a hold', () => {
    const longest = t(NOON) + HOLD_MINUTES_MAX * MINUTE;
    given(earn('s', 10)).when(hold('h', 1, longest)).thenRecords('HoldPlaced');
    given(earn('s', 10)).when(hold('h', 1, longest + 1)).thenRefused(reached('holdMinutes', HOLD_MINUTES_MAX));
  });

  it('effects that one period remembers, whatever they are', () => {
    const seen = times(EFFECTS_PER_PERIOD_MAX - 4, (n) => ({ fingerprint: n.toString(16).padStart(16, '0'),
      content: '0000', revision: n + 100 }));
    const filled = () => {
      const history = given(earn('s', 100), redeem('r', 10), charge('paid in part', 95));
      return history.but({ seen: [...history.history.wallet.seen, ...seen] });
    };
    filled().when(earn('last', 1)).thenRecords('PointsEarned');
    const wanting = [
      earn('t', 1), giveBack('s', 'back', 1), hold('h', 1, LATER), redeem('q', 1), cancel('r', 'c'), adjust('a', 1), charge('f', 1),
      waive('w', 1), extend('x'), send('t', 1), receive('g', earn('q', 1).lots),
    ];
    for (const command of wanting) {
      filled().and(earn('last', 1)).when(command).thenRefused(reached('effectsPerPeriod', EFFECTS_PER_PERIOD_MAX));
    }
    filled().and(earn('last', 1), freeze('a wallet can always be stopped'), forfeit('emptied')).when(closeWallet('and closed'))
      .thenRecords('WalletClosed');
  });

  it('days that restored points live at least', () => {
    const lapsed = given(earn('s', [{ points: 10, through: '2026-02-10' }]), redeem('r', 10), at('2026-02-11'));
    lapsed.when(cancel('r', 'c'));
    expect(lapsed.history.balance(t('2026-02-11') + RESTORED_DAYS_MIN * DAY).available).toBe(10);
    expect(lapsed.history.balance(t('2026-02-12') + RESTORED_DAYS_MIN * DAY).available).toBe(0);
    lapsed.when(expireLots('2026-04-01'), '2026-04-01').thenRecords('PointsExpired');
  });
});
