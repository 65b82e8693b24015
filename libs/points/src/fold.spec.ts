import type { RecordedEvent } from '@trebol/event-store';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyRecorded, dueCommands, emptyWallet, foldWallet, encodeWallet } from './fold.ts';
import { ownedBy, verifyStream, violationsOf } from './invariants.ts';
import { describeEvent } from './movement.ts';
import { capture, cancel, earn, giveBack, hold, redeem, release, t } from './testing/commands.ts';
import { at, given } from './testing/given.ts';
import { happenings, live } from './testing/histories.ts';
import { recorded } from './testing/recorded.ts';

const LATER = '2026-02-10T12:15:00Z';

describe('folding a stream', () => {
  it('goes event by event, and stops at a hole, a repetition and a snapshot of another version', () => {
    const events = recorded(given(earn('s', 10), redeem('r', 4)).history.events);
    const wallet = events.reduce(applyRecorded, emptyWallet());
    expect(foldWallet({ revision: 3, events })).toEqual(wallet);
    const snapshot = { ...encodeWallet(events.slice(0, 2).reduce(applyRecorded, emptyWallet())), revision: 2 };
    expect(encodeWallet(foldWallet({ revision: 3, snapshot, events: events.slice(2) }) ?? emptyWallet())).toEqual(encodeWallet(wallet));
    expect(foldWallet({ revision: 3, snapshot: { ...snapshot, schemaVersion: 99 }, events: events.slice(2) })).toBeUndefined();
    expect(() => foldWallet({ revision: 3, events: events.slice(1) })).toThrow('not the next one');
    expect(() => [...events, ...events.slice(2)].reduce(applyRecorded, emptyWallet())).toThrow('not the next one');
  });
});

describe('what is due', () => {
  it('is asked for in the order lapse, activate, expire, and booked by it', () => {
    const history = given(earn('s', [{ points: 9, through: '2026-02-10' }, { points: 8, from: '2026-02-11' }]), hold('h', 2,
      LATER)).history;
    expect(dueCommands(history.wallet, history.now)).toEqual([]);
    history.now = t('2026-02-11');
    const commands = dueCommands(history.wallet, history.now);
    expect(commands.map((command) => command.type)).toEqual(['LapseHold', 'ActivateLots', 'ExpireLots']);
    for (const command of commands) expect(history.run(command).verdict).not.toBe('refused');
    expect(dueCommands(history.wallet, history.now)).toEqual([]);
    expect(history.events.slice(-3).map((event) => event.type)).toEqual(['HoldReleased', 'PointsActivated', 'PointsExpired']);
  });

  it('is complete: after its commands nothing is due, whatever the wallet', () => {
    fc.assert(fc.property(happenings, (all) => {
      const history = live(all);
      history.now += 20 * 86_400_000;
      for (const command of dueCommands(history.wallet, history.now)) expect(history.run(command).verdict).not.toBe('refused');
      expect(dueCommands(history.wallet, history.now)).toEqual([]);
    }), { numRuns: 200 });
  });
});

describe('movements', () => {
  it('say in public what an event did', () => {
    const { events } = given(
      earn('s', [{ points: 100, through: '2026-02-28' }]), redeem('r', 80), giveBack('s', 'back', 60), earn('t', 50),
        at('2026-03-02'), cancel('r', 'c', 10),
    ).history;
    const movements = recorded(events).map(describeEvent);
    expect(movements.map(({ kind, points }) => [kind, points])).toEqual([
      ['opened', 0], ['earned', 100], ['redeemed', -80], ['reversed', -60], ['earned', 50], ['restored', 10],
    ]);
    expect(movements[3]).toMatchObject({ source: { key: 'back' }, corrects: { key: 's' }, explanation: '[]',
      effect: { debtIncurred: 40 } });
    expect(movements[4]).toMatchObject({ effect: { debtRepaid: 40 }, allocations: [{ points: 50 }] });
    expect(movements[5]).toMatchObject({ source: { kind: 'cancellation', key: 'c' }, validityExtended: true });
    const holds = recorded(given(earn('s', 9), hold('h', 5, LATER), capture('h', 3), hold('i', 2, LATER), release('i'),
      hold('j', 1, LATER), at(LATER), redeem('r', 1)).history.events);
    expect(holds.slice(2).map(describeEvent).map(({ kind, points }) => [kind, points]))
      .toEqual([['held', 0], ['captured', -3], ['held', 0], ['released', 0], ['held', 0], ['lapsed', 0], ['redeemed', -1]]);
  });

  it('add up to what the member owns, over any history', () => {
    fc.assert(fc.property(happenings, (all) => {
      const { events, wallet } = live(all);
      expect(recorded(events).reduce((total, event) => total + describeEvent(event).points, 0)).toBe(ownedBy(wallet));
      expect(verifyStream(recorded(events))).toEqual({ wallet, violations: [] });
    }), { numRuns: 200 });
  });
});

describe('verify names the first thing that is wrong', () => {
  const sound = () => given(earn('s', 10), hold('h', 4, LATER), redeem('r', 2)).history;

  it.each([
    ['an id that is not that of the event', (events: RecordedEvent[]) => { change(events, 1,
      { id: '00000000-0000-8000-8000-000000000000' }); }, 'revision 2: its id is'],
    ['a figure changed in the store', (events: RecordedEvent[]) => { change(events, 1, { data: events[1]?.data.replace('[[10,',
      '[[11,') ?? '' }); }, 'revision 2: its id is'],
    ['a hole', (events: RecordedEvent[]) => { events.splice(1, 1); }, 'revision 3: wallet-main~club~points~ana~1 is folded up to 1'],
    ['an event of another version', (events: RecordedEvent[]) => { change(events, 2, { type: 'PointsTeleported' }); }, 'does not know'],
  ])('%s', (_, damage, said) => {
    const events = recorded(sound().events);
    damage(events);
    expect(() => {
      const { violations } = verifyStream(events);
      throw new Error(violations.join('; '));
    }).toThrow(said);
  });

  it.each([
    ['points out of nowhere', { totals: 'issued' }, 'points came'],
    ['debt without a cause', { debt: 1 }, 'debt is 1'],
    ['debt beside available points', { debt: 1 }, 'beside a debt'],
    ['a fee due without a charge', { feeDue: 1 }, 'charged − released is 0'],
    ['a fee due beside available points', { feeDue: 1 }, 'beside a fee of 1 due'],
    ['a fee that counts as paid beside debt', { debt: 1, feePaid: 1 }, 'counts as paid beside a debt'],
    ['a paid fee that is negative', { feePaid: -1 }, 'debt or fee is negative'],
  ])('%s', (_, broken, said) => {
    const { wallet } = sound();
    const changed = !('totals' in broken) ? { ...wallet, ...broken } : { ...wallet, totals: { ...wallet.totals, issued: 11 } };
    expect(violationsOf(changed as typeof wallet).join('; ')).toContain(said);
  });

  it.each([
    ['a negative lot', { remaining: -1 }, 'negative'], ['more than was granted', { remaining: 99 }, 'more points than were granted'],
    ['more entitlement than granted', { entitled: 11 }, 'more entitlement'], ['more forgiven than expired', { forgiven: 1 },
      'more forgiven'],
    ['held points of no hold', { held: 5 }, 'open holds say 4'],
  ])('%s', (_, lot, said) => {
    const { wallet } = sound();
    expect(violationsOf({ ...wallet, lots: wallet.lots.map((one) => ({ ...one, ...lot })) }).join('; ')).toContain(said);
  });

  it('one effect per place and one lot per id', () => {
    const { wallet } = sound();
    expect(violationsOf({ ...wallet, seen: [...wallet.seen, ...wallet.seen] }).join()).toContain('one revision');
    expect(violationsOf({ ...wallet, lots: [...wallet.lots, ...wallet.lots] }).join()).toContain('one id');
    const spendings = wallet.spendings.map((spending) => ({ ...spending, restored: 99 }));
    expect(violationsOf({ ...wallet, spendings }).join()).toContain('were restored');
    expect(violationsOf({ ...wallet, spendings: [...wallet.spendings, ...wallet.spendings] }).join()).toContain('redemptions have one id');
  });
});

function change(events: RecordedEvent[], place: number, what: Partial<RecordedEvent>): void {
  const event = events[place];
  if (event !== undefined) events[place] = { ...event, ...what };
}
