import fc from 'fast-check';
import type { PointsCommand } from '../commands.ts';
import type { Wallet } from '../wallet/state.ts';
import {
  activateLots, cancel, capture, DAY, earn, expireLots, giveBack, hold, lapse, MINUTE, redeem, release, t, utc,
} from './commands.ts';
import { History, NOON } from './given.ts';

/** One thing that happens to a wallet some time after the one before it. Names are few, so repetitions and conflicts are frequent. */
export interface Happening {
  readonly kind: 'earn' | 'reverse' | 'hold' | 'capture' | 'release' | 'lapse' | 'redeem' | 'cancel' | 'expire' | 'activate';
  readonly waitMs: number;
  readonly name: number;
  readonly points: number;
  /** Days until a lot becomes available, and days it lives. */
  readonly delay: number;
  readonly days: number;
}

const waits = fc.oneof(fc.constant(0), fc.constant(1), fc.integer({ min: 0, max: 30 }).map((minutes) => minutes * MINUTE),
  fc.integer({ min: 0, max: 12 }).map((days) => days * DAY));

export const happening: fc.Arbitrary<Happening> = fc.record({
  kind: fc.constantFrom(
    'earn', 'earn', 'earn', 'reverse', 'reverse', 'hold', 'capture', 'release', 'lapse', 'redeem', 'redeem', 'cancel', 'expire', 'activate',
  ),
  waitMs: waits,
  name: fc.integer({ min: 0, max: 5 }),
  points: fc.integer({ min: 1, max: 60 }),
  delay: fc.constantFrom(0, 0, 0, 1, 5),
  days: fc.constantFrom(1, 3, 10, 400),
});

export const happenings = fc.array(happening, { minLength: 1, maxLength: 40 });

/** The command of a happening at an instant. */
export function commandOf(what: Happening, now: number): PointsCommand {
  const { name, points } = what;
  switch (what.kind) {
    case 'earn': {
      const from = now + what.delay * DAY;
      const through = utc.addDays(utc.dayOf(from), what.days);
      const lots = [{ points, from, through: what.days > 300 ? null : through }, { points: 1 + (points % 7), from: now }];
      return earn(`s${name}`, lots, `content ${name % 5}`);
    }
    case 'reverse': return giveBack(`s${name % 3}`, `back${name}`, [Math.ceil(points / 3), 1]);
    case 'hold': return hold(`h${name}`, points, now + (1 + (points % 15)) * MINUTE);
    case 'capture': return points % 2 === 0 ? capture(`h${name}`) : capture(`h${name}`, Math.ceil(points / 2));
    case 'release': return release(`h${name}`);
    case 'lapse': return lapse(`h${name}`);
    case 'redeem': return redeem(`r${name}`, points);
    case 'cancel':
      return cancel(points % 3 === 0 ? `h${name}` : `r${name}`, `c${name}`, points % 2 === 0 ? undefined : Math.ceil(points / 4));
    case 'expire': return expireLots(now);
    case 'activate': return activateLots(now);
  }
}

/** Lives through happenings; every state on the way is checked by `History`. */
export function live(all: readonly Happening[], each?: (history: History, command: PointsCommand) => void): History {
  const history = new History();
  history.now = t(NOON);
  for (const what of all) {
    history.now += what.waitMs;
    const command = commandOf(what, history.now);
    each?.(history, command);
    history.run(command);
  }
  return history;
}

/** A wallet without what depends on when it was written down rather than on what happened. */
export function withoutRecording(wallet: Wallet) {
  return {
    ...wallet, recordedAt: 0, revision: 0, seen: wallet.seen.map((effect) => effect.fingerprint).toSorted(),
    lots: wallet.lots.map((lot) => ({ ...lot, recorded: 0 })).toSorted((a, b) => (a.lotId < b.lotId ? -1 : 1)),
    spendings: wallet.spendings.map((spending) => ({ ...spending, closedBy: 0 })),
  };
}
