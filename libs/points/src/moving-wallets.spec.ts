import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PointsCommand, TransferredLot, WalletContents } from './commands.ts';
import { effectOf } from './effect.ts';
import { adjust, charge, closeWallet, freeze, moveIn, moveOut, receive, send, takeBack } from './testing/care-commands.ts';
import { DAY, earn, giveBack, hold, redeem, t, utc } from './testing/commands.ts';
import { given, History, NOON } from './testing/given.ts';
import { happenings, live, type Happening } from './testing/histories.ts';

const RUNS = { numRuns: 300 };

/** What a command's outcome would carry; undefined when it is refused. */
function effectIn(history: History, command: PointsCommand) {
  const decision = history.run(command);
  return decision.verdict === 'accepted' ? effectOf(decision.own) : undefined;
}

const inLots = ({ wallet }: History): number => wallet.lots.reduce((total, lot) => total + lot.remaining + lot.held, 0);
const figures = (history: History, at: number) => {
  const { available, pending, held, debt, feeDue } = history.balance(at);
  return { available, pending, held, debt, feeDue };
};

describe('points on their way (G1)', () => {
  const step = fc.record({
    what: fc.constantFrom('earn', 'spend', 'send', 'arrive', 'takeBack', 'wait', 'again'), from: fc.integer({ min: 0, max: 2 }),
    to: fc.integer({ min: 0, max: 2 }), points: fc.integer({ min: 1, max: 60 }),
  });

  it('whatever is sent, taken back, delivered twice or lapses on the way: in transit closes to zero', () => {
    fc.assert(fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      const wallets = [0, 1, 2].map(() => new History());
      const open = new Map<string, { from: number; to: number; lots: readonly TransferredLot[] }>();
      let now = t(NOON);
      const at = (of: number): History => {
        const history = wallets[of] ?? new History();
        history.now = now;
        return history;
      };
      const end = (transferId: string, back: boolean): void => {
        const transfer = open.get(transferId);
        if (transfer === undefined) return;
        const command = back ? takeBack(transferId) : receive(transferId, transfer.lots, `${transfer.from}`);
        const history = at(back ? transfer.from : transfer.to);
        expect(history.run(command).verdict).toBe('accepted');
        expect(history.run(command).verdict).toBe('alreadyDone');
        open.delete(transferId);
      };
      steps.forEach(({ what, from, to, points }, n) => {
        const last = [...open.keys()].at(points % Math.max(1, open.size)) ?? '';
        switch (what) {
          case 'earn': at(from).run(earn(`s${n}`, [{ points, through: utc.addDays(utc.dayOf(now), 1 + (points % 9)) }])); break;
          case 'spend': at(from).run(redeem(`r${n}`, points)); break;
          case 'send': {
            const lots = from === to ? undefined : effectIn(at(from), send(`t${n}`, points, `${to}`))?.lots;
            if (lots !== undefined) open.set(`t${n}`, { from, to, lots });
            break;
          }
          case 'arrive': end(last, false); break;
          case 'takeBack': end(last, true); break;
          case 'again': expect(at(from).run(send(`t${n}`, 1_000_000, 'x')).verdict).toBe('refused'); break;
          case 'wait': now += (points % 5) * DAY;
        }
      });
      const onTheWay = [...open.values()].flatMap(({ lots }) => lots).reduce((total, lot) => total + lot.points, 0);
      const transit = () => wallets.reduce((total, { wallet: { totals } }) => total + totals.sent - totals.received - totals.takenBack, 0);
      expect(transit()).toBe(onTheWay);
      for (const transferId of Array.from(open.keys())) end(transferId, transferId.length % 2 === 0);
      expect(transit()).toBe(0);
    }), RUNS);
  });
});

describe('a merge (hard case 7)', () => {
  const quiet = (all: readonly Happening[]) => all.filter(({ kind }) => kind !== 'close' && kind !== 'freeze');

  it('moves everything, and nothing is lost or made: what both had is what one has', () => {
    fc.assert(fc.property(happenings, happenings, (a, s) => {
      const [leaving, staying] = [live(quiet(a)), live(quiet(s))];
      const now = Math.max(leaving.now, staying.now);
      leaving.now = now;
      staying.now = now;
      leaving.run(freeze('merge'));
      const contents = effectIn(leaving, moveOut('merge of two'))?.contents as WalletContents;
      expect(inLots(leaving) + leaving.wallet.debt + leaving.wallet.feeDue).toBe(0);
      expect(leaving.run(closeWallet('merged', 'bea')).verdict).toBe('accepted');
      const kept = JSON.parse(JSON.stringify(contents)) as WalletContents;
      const before = staying.balance();
      const owned = (points: number, owes: { readonly debt: number; readonly feeDue: number }) => points - owes.debt - owes.feeDue;
      const theirs = contents.lots.reduce((total, lot) => total + lot.points + lot.held, 0);
      const there = owned(before.available + before.pending + before.held, before);
      const decision = staying.run(moveIn('merge of two', kept));
      expect(staying.run(moveIn('merge of two', kept)).verdict).toBe('alreadyDone');
      // What a hold had pinned beyond its lot's last day lapses when the hold cannot come along; nothing else changes what is owned.
      const own = decision.verdict === 'accepted' ? decision.own : [];
      const lapsed = own.reduce((total, event) => total + (event.type === 'PointsExpired' ? event.points : 0), 0);
      const { available, pending, held, debt, feeDue } = staying.balance();
      expect(owned(available + pending + held, { debt, feeDue })).toBe(there + owned(theirs, contents) - lapsed);
    }), RUNS);
  });
});

describe('independent facts in any order', () => {
  const fact = fc.oneof(
    fc.record({
      kind: fc.constant('earn' as const), points: fc.integer({ min: 2, max: 60 }), pending: fc.boolean(), back: fc.nat({ max: 60 }),
    }),
    fc.record({ kind: fc.constantFrom('charge' as const, 'gift' as const, 'receive' as const), points: fc.integer({ min: 1, max: 60 }) }),
  );

  it('fees, gifts, transfers, sales and returns end in the same figures, now and when pending points become available', () => {
    const some = fc.array(fact, { minLength: 1, maxLength: 7 });
    fc.assert(fc.property(some, fc.nat({ max: 90 }), fc.infiniteStream(fc.nat()), (facts, spent, seed) => {
      const commands = facts.flatMap((one, n): PointsCommand[] => {
        switch (one.kind) {
          case 'earn': {
            const sale = earn(`f${n}`, [{ points: one.points, from: one.pending ? '2026-02-15' : '2026-01-01' }]);
            return one.back === 0 ? [sale] : [sale, giveBack(`f${n}`, `f${n} back`, Math.min(one.points, one.back))];
          }
          case 'charge': return [charge(`c${n}`, one.points)];
          case 'gift': return [adjust(`g${n}`, one.points)];
          case 'receive': return [receive(`t${n}`, earn(`x${n}`, one.points).lots)];
        }
      });
      commands.push(giveBack('past', 'past back', 90));
      const before = [earn('past', 100), ...(spent > 0 ? [redeem('r', spent)] : []), hold('h', 10, '2026-02-10T13:00:00Z')];
      const past = () => given(...before).history;
      const order = commands.map((command) => ({ command, at: seed.next().value as number })).toSorted((a, b) => a.at - b.at);
      const [asGiven, shuffled] = [arrive(past(), commands), arrive(past(), order.map(({ command }) => command))];
      for (const when of ['2026-02-10T12:00:00Z', '2026-02-10T13:00:00Z', '2026-02-15']) {
        expect(figures(shuffled, t(when))).toEqual(figures(asGiven, t(when)));
      }
    }), { numRuns: 500 });
  });

  /** A return that is earlier than its sale waits for it, as it does upstream. */
  function arrive(history: History, facts: readonly PointsCommand[]): History {
    let waiting: readonly PointsCommand[] = facts;
    for (let round = 0; round < 2; round += 1) waiting = waiting.filter((command) => history.run(command).verdict === 'refused');
    expect(waiting).toEqual([]);
    return history;
  }
});

describe('refusals', () => {
  it('never change the state, whatever was asked', () => {
    fc.assert(fc.property(happenings, (all) => {
      live(all, (history, command) => {
        const before = history.wallet;
        const decision = history.decide(command);
        if (decision.verdict === 'accepted') return;
        history.run(command);
        expect(history.wallet).toBe(before);
      });
    }), RUNS);
  });
});
