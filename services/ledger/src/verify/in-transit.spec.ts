import { describe, expect, it } from '@jest/globals';
import type { RecordedEvent } from '@trebol/event-store';
import { emptyWallet, type PublicMovement, type WalletId } from '@trebol/points';
import { IN_TRANSIT_DAYS_MAX, Transit, type UnderWay } from './in-transit.ts';

const NOW = Date.parse('2026-03-02T12:00:00Z');
const MINUTE = 60_000;
const DAY = 86_400_000;
const HALVES_MINUTES_MAX = 10;
const wallet = (member: string): WalletId => ({ tenant: 'main', programme: 'club', pointType: 'points', member });
const transfer = (id: string, left = true): UnderWay => ({ kind: 'transfer', tenant: 'main', id, left });

/** `points`: of the lots; `owed`: debt and fee that go along in a merge. */
interface Half { readonly kind: PublicMovement['kind']; readonly id: string; readonly points: number; readonly member?: string; readonly age?: number; readonly owed?: number }

function transitOf(halves: readonly Half[], underWay?: readonly UnderWay[]): Transit {
  const transit = new Transit(NOW, underWay);
  for (const { kind, id, points, member = kind, age = 0, owed = 0 } of halves) {
    const out = kind === 'sent' || kind === 'movedOut';
    const effect = out ? { sent: points } : kind === 'takenBack' ? { restored: points } : { received: points };
    const said = { kind, points: out ? owed - points : points - owed, source: { kind: kind.startsWith('moved') ? 'merge' : 'transfer', key: id }, effect };
    transit.note({ recordedAt: NOW - age } as RecordedEvent, wallet(member), { revision: 5, said: said as unknown as PublicMovement });
    const { totals } = emptyWallet();
    const counted = out ? { sent: points } : kind === 'takenBack' ? { takenBack: points } : { received: points };
    transit.add(wallet(member), { ...emptyWallet(), totals: { ...totals, ...counted } });
  }
  return transit;
}

const wrong = (halves: readonly Half[], underWay?: readonly UnderWay[]): string | undefined => {
  try {
    transitOf(halves, underWay).check();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
const sent = (age = 0, points = 60): Half => ({ kind: 'sent', id: 't1', points, age });

describe('points in transit', () => {
  it('given moves that arrived, came back, or moved with a debt, in any order, then nothing is in transit', () => {
    const halves: Half[] = [
      sent(), { kind: 'received', id: 't1', points: 60 }, { kind: 'takenBack', id: 't2', points: 10 }, { kind: 'sent', id: 't2', points: 10 },
      { kind: 'movedIn', id: 'm1', points: 40, owed: 15 }, { kind: 'movedOut', id: 'm1', points: 40, owed: 15 },
      { kind: 'movedOut', id: 't1', points: 5 }, { kind: 'movedIn', id: 't1', points: 5 },
    ];
    const transit = transitOf(halves, []);
    transit.check();
    expect(transit.report()).toEqual([]);
  });

  it('given moves under way, then they are counted and add up', () => {
    const transit = transitOf([sent(), { kind: 'sent', id: 't2', points: 10 }, { kind: 'movedOut', id: 'm1', points: 30, owed: 2 }]);
    transit.check();
    expect(transit.report()).toEqual([{ tenant: 'main', programme: 'club', pointType: 'points', points: 100, transfers: 2, merges: 1 }]);
  });

  it('given nobody who can say what is under way, then points are named that are in transit for longer than the limit, not at it', () => {
    expect(wrong([sent(IN_TRANSIT_DAYS_MAX * DAY)])).toBeUndefined();
    expect(wrong([sent(IN_TRANSIT_DAYS_MAX * DAY + 1)]))
      .toBe('main/club/points/sent revision 5: transfer t1 has 60 points in transit since 2026-02-09T11:59:59.999Z');
  });

  it('given all that is under way, then what is not of it is named after ten minutes, and what is of it never', () => {
    expect(wrong([sent(HALVES_MINUTES_MAX * MINUTE)], [])).toBeUndefined();
    expect(wrong([sent(HALVES_MINUTES_MAX * MINUTE + 1)], [])).toContain('transfer t1 has 60 points in transit');
    expect(wrong([sent(400 * DAY)], [transfer('t1')])).toBeUndefined();
    expect(wrong([{ kind: 'movedOut', id: 't1', points: 5, age: DAY }], [transfer('t1', false)])).toContain('merge t1');
  });

  it('given a move under way whose points have left by its word only, then it is named', () => {
    expect(wrong([], [transfer('t9')])).toBe('main: transfer t9 is under way, and no wallet\'s points left for it');
    expect(wrong([], [transfer('t9', false)])).toBeUndefined();
    expect(wrong([{ kind: 'sent', id: 't9', points: 1 }, { kind: 'received', id: 't9', points: 1 }], [transfer('t9')])).toBeUndefined();
  });

  it.each<[string, Half[], string]>([
    ['left twice', [sent(), { ...sent(), member: 'other' }], 'left 2 and arrived 0 times'],
    ['arrived twice before it is known to have left', [{ kind: 'received', id: 't1', points: 60 }, { kind: 'received', id: 't1', points: 60, member: 'other' }, sent()], 'left 1 and arrived 2 times'],
    ['arrived and came back', [sent(), { kind: 'received', id: 't1', points: 60 }, { kind: 'takenBack', id: 't1', points: 60, age: DAY }], 'arrived with 60 points that never left'],
    ['arrived as more', [sent(), { kind: 'received', id: 't1', points: 61 }], 'left with -1 points more than arrived'],
    ['arrived without its debt', [{ kind: 'movedOut', id: 'm', points: 9, owed: 4 }, { kind: 'movedIn', id: 'm', points: 9 }], 'brought 4 more than left'],
  ])('given points that %s, then the move is named', (_, halves, expected) => {
    expect(wrong(halves)).toContain(expected);
  });

  it('given totals of wallets that say something else than the moves, then the sums are named', () => {
    const transit = transitOf([sent()]);
    transit.add(wallet('bea'), { ...emptyWallet(), totals: { ...emptyWallet().totals, received: 1 } });
    expect(() => { transit.check(); }).toThrow('main/club/points: moves say 60 points in transit, the wallets\' totals 59');
  });
});
