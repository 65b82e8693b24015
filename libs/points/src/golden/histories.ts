import { closingOf, openingOf } from '../books/carry-over.ts';
import { decodeEvent, encodeEvent } from '../codec/event-codec.ts';
import type { PointsCommand } from '../commands.ts';
import { decide } from '../decide/decide.ts';
import type { WalletEvent } from '../events.ts';
import { cancel, capture, earn, expireLots, giveBack, hold, policy, redeem, release, t, type When } from '../testing/commands.ts';
import { evolve } from '../wallet/evolve.ts';
import { emptyWallet, type Wallet } from '../wallet/state.ts';
import { CARE_HISTORIES } from './care-histories.ts';

/** A stored event as a golden file keeps it: what the store keeps of it, without its place. */
export interface GoldenEvent {
  readonly type: string;
  readonly schemaVersion: number;
  readonly data: string;
  readonly recordedAt: number;
}

export interface GoldenStream {
  readonly name: string;
  readonly events: readonly GoldenEvent[];
  readonly expected: Wallet;
}

type Step = readonly [When, PointsCommand];

/** What the golden streams tell: between them, every event type and every optional part of one. */
const HISTORIES: Readonly<Record<string, readonly Step[]>> = {
  'a return after spending, and the earning that repays': [
    ['2026-01-10T10:00:00Z', earn('sale', 100)],
    ['2026-01-11T10:00:00Z', redeem('r1', 80)],
    ['2026-01-12T10:00:00Z', giveBack('sale', 'return', 60)],
    ['2026-01-13T10:00:00Z', earn('next', [{ points: 30, through: null }, { points: 20 }])],
    ['2026-01-14T10:00:00Z', giveBack('next', 'back', [30, 20])],
  ],
  'pending points pay debt when they become available': [
    ['2026-01-10T10:00:00Z', earn('a', 50)],
    ['2026-01-10T11:00:00Z', redeem('r', 50)],
    ['2026-01-10T12:00:00Z', giveBack('a', 'back', 50)],
    ['2026-01-10T13:00:00Z', earn('b', [{ points: 80, from: '2026-01-20' }])],
    ['2026-01-21T00:00:00Z', redeem('q', 30)],
  ],
  'holds captured, let go and lapsed, over a midnight': [
    ['2026-01-10T10:00:00Z', earn('a', [{ points: 100, through: '2026-01-31' }, { points: 40 }])],
    ['2026-01-31T23:50:00Z', hold('captured', 50, '2026-02-01T00:10:00Z')],
    ['2026-01-31T23:51:00Z', hold('let go', 30, '2026-02-01T00:10:00Z')],
    ['2026-01-31T23:52:00Z', hold('lapsed', 10, '2026-02-01T00:07:00Z')],
    ['2026-01-31T23:53:00Z', hold('open', 5, '2026-02-01T00:20:00Z')],
    ['2026-02-01T00:05:00Z', capture('captured', 35)],
    ['2026-02-01T00:06:00Z', release('let go')],
    ['2026-02-01T00:08:00Z', expireLots('2026-02-01T00:08:00Z')],
  ],
  'redemptions given back, one after its lot lapsed': [
    ['2026-01-10T10:00:00Z', earn('a', [{ points: 100, through: '2026-01-31' }])],
    ['2026-01-11T10:00:00Z', redeem('r', 60)],
    ['2026-01-12T10:00:00Z', cancel('r', 'in time', 10)],
    ['2026-02-12T10:00:00Z', cancel('r', 'late')],
    ['2026-02-13T10:00:00Z', giveBack('a', 'back', 100)],
  ],
  ...CARE_HISTORIES,
};

/** A year, and what is told of the next one once the books of the first were closed. */
const BEFORE_CLOSING: readonly Step[] = [
  ['2026-01-10T10:00:00Z', earn('forgotten', 40)],
  ['2026-01-11T10:00:00Z', redeem('forgotten too', 40)],
  ['2026-12-01T10:00:00Z', earn('sale', [{ points: 100 }, { points: 30, through: null }])],
  ['2026-12-02T10:00:00Z', redeem('r', 20)],
  ['2026-12-31T23:00:00Z', hold('open', 50, '2027-01-02')],
];
const AFTER_CLOSING: readonly Step[] = [
  ['2027-01-01T10:00:00Z', capture('open', 45)],
  ['2027-01-02T10:00:00Z', cancel('r', 'back')],
  ['2027-01-03T10:00:00Z', giveBack('sale', 'return', [100, 0])],
];

/** The streams as this version would write them today. */
export function goldenStreams(): GoldenStream[] {
  return [...Object.entries(HISTORIES).map(([name, steps]) => told(name, steps)), ...booksClosed()];
}

function told(name: string, steps: readonly Step[], first: readonly WalletEvent[] = []): GoldenStream {
  const events = [...first];
  let wallet = events.reduce(evolve, emptyWallet());
  for (const [when, command] of steps) {
    const decision = decide({ ...command, occurredAt: t(when) }, wallet, { now: t(when), policy: policy() });
    if (decision.verdict !== 'accepted') throw new Error(`${name}: ${command.type} is not accepted`);
    wallet = decision.events.reduce(evolve, wallet);
    events.push(...decision.events);
  }
  return { name, events: events.map(encodeEvent), expected: wallet };
}

function booksClosed(): GoldenStream[] {
  const year = told('a year whose books are closed', BEFORE_CLOSING);
  const happened = new Map(year.events.map((event, index) => [index + 1, decodeEvent(event).occurredAt]));
  const closing = closingOf(year.expected, {
    now: t('2027-01-01T01:00:00Z'), next: 2, hash: '5ca1ab1e'.repeat(8), rememberFrom: t('2026-09-01'),
    occurredAt: (effect) => happened.get(effect.revision) ?? 0,
  });
  return [
    { ...year, events: [...year.events, encodeEvent(closing)], expected: evolve(year.expected, closing) },
    told('the year after it', AFTER_CLOSING, [openingOf(closing)]),
  ];
}
