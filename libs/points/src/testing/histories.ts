import fc from 'fast-check';
import type { PointsCommand, WalletContents } from '../commands.ts';
import type { Wallet } from '../wallet/state.ts';
import {
  activateLots, cancel, capture, DAY, earn, expireLots, giveBack, hold, lapse, lot, MINUTE, redeem, release, t, ticket, utc,
} from './commands.ts';
import {
  adjust, charge, closeWallet, extend, forfeit, freeze, moveIn, moveOut, receive, send, takeBack, unfreeze, waive,
} from './care-commands.ts';
import { History, NOON } from './given.ts';

const OFTEN = ['earn', 'reverse', 'hold', 'capture', 'redeem', 'cancel', 'charge'] as const;
const SOMETIMES = [
  'release', 'lapse', 'expire', 'activate', 'adjust', 'deduct', 'waive', 'extend', 'send', 'takeBack', 'receive', 'moveIn', 'unfreeze',
] as const;
/** What stops or empties a wallet: a history should have something to say before. */
const SELDOM = ['freeze', 'forfeit', 'moveOut', 'close'] as const;

/** One thing that happens to a wallet some time after the one before it. Names are few, so repetitions and conflicts are frequent. */
export interface Happening {
  readonly kind: (typeof OFTEN)[number] | (typeof SOMETIMES)[number] | (typeof SELDOM)[number];
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
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Happening['kind']>('earn', ...OFTEN) }, { weight: 4, arbitrary: fc.constantFrom(...SOMETIMES) },
    { weight: 1, arbitrary: fc.constantFrom(...SELDOM) },
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
  return COMMANDS[what.kind]({ ...what, now, day: utc.addDays(utc.dayOf(now), what.days) });
}

const COMMANDS: Readonly<Record<Happening['kind'], (what: Happening & { now: number; day: string }) => PointsCommand>> = {
  earn: ({ name, points, delay, days, now }) => {
    const from = now + delay * DAY;
    const through = utc.addDays(utc.dayOf(from), days);
    const lots = [{ points, from, through: days > 300 ? null : through }, { points: 1 + (points % 7), from: now }];
    return earn(`s${name}`, lots, `content ${name % 5}`);
  },
  reverse: ({ name, points }) => giveBack(`s${name % 3}`, `back${name}`, [Math.ceil(points / 3), 1]),
  hold: ({ name, points, now }) => hold(`h${name}`, points, now + (1 + (points % 15)) * MINUTE),
  capture: ({ name, points }) => (points % 2 === 0 ? capture(`h${name}`) : capture(`h${name}`, Math.ceil(points / 2))),
  release: ({ name }) => release(`h${name}`),
  lapse: ({ name }) => lapse(`h${name}`),
  redeem: ({ name, points }) => redeem(`r${name}`, points),
  cancel: ({ name, points }) =>
    cancel(points % 3 === 0 ? `h${name}` : `r${name}`, `c${name}`, points % 2 === 0 ? undefined : Math.ceil(points / 4)),
  expire: ({ now }) => expireLots(now),
  activate: ({ now }) => activateLots(now),
  adjust: ({ name, points, delay, day, now }) => adjust(`a${name}`, points, { from: now + delay * DAY, through: utc.addDays(day, delay) }),
  deduct: ({ name, points }) => adjust(`d${name}`, -points),
  charge: ({ name, points }) => charge(`f${name}`, points),
  waive: ({ name, points }) => waive(`w${name}`, points % 2 === 0 ? undefined : Math.ceil(points / 8)),
  extend: ({ name, day }) => extend(`x${name}`, day),
  freeze: ({ name, points }) => freeze(`z${name}`, points % 3 === 0 ? 'all' : 'spending'),
  unfreeze: ({ name }) => unfreeze(`z${name}`),
  forfeit: ({ name, points }) => forfeit(`p${name}`, points % 2 === 0 ? 'fraud' : 'closure'),
  send: ({ name, points }) => send(`t${name}`, points),
  takeBack: ({ name }) => takeBack(`t${name}`),
  receive: ({ name, points, day }) =>
    receive(`g${name}`, [lot(ticket(`s${name}`), 0, { points, from: '2026-02-01', through: day }), lot(ticket('t'), name, { points: 2 })]),
  moveOut: ({ name }) => moveOut(`o${name}`),
  moveIn: (what) => moveIn(`m${what.name}`, contentsOf(what, what.day)),
  close: ({ name }) => closeWallet(`k${name}`, 'bea'),
};

/** What another wallet could have had: in debt and then without anything available, or with a fee paid or due. */
function contentsOf({ name, points, days }: Happening, day: string): WalletContents {
  const { lotId, ...dates } = lot(ticket(`s${name % 2}`), 0, { points, from: '2026-02-01', through: day });
  const debt = points % 3 === 0 ? points : 0;
  const held = days % 2 === 0 ? 0 : 1 + (points % 4);
  const figures = { source: lotId.slice(4), granted: points + held, entitled: points, held, expired: 0, forgiven: 0 };
  return {
    lots: debt > 0 && held === 0 ? [] : [{ lotId, ...dates, ...figures, points: debt > 0 ? 0 : points }],
    holds: held === 0 ? [] : [{ holdId: `h${name}`, expiresAt: t(`${day}T01:00:00Z`), allocations: [{ lotId, points: held }] }],
    debt, feeDue: debt > 0 ? points : 0, feePaid: debt > 0 ? 0 : points % 11,
  };
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
