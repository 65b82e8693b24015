import { describe, expect, it } from '@jest/globals';
import type { Outcome, Refusal } from '@trebol/points';
import { noteOf } from './lapse-holds.ts';

const balance = { available: 0, pending: 0, held: 0, debt: 0, feeDue: 0, expiring: [] };
const refused = (refusal: Refusal): Outcome => ({ status: 'refused', refusal, balance, revision: 1 });

describe('what a look at a due hold comes to', () => {
  it.each([
    [{ code: 'holdClosed', holdId: 'h', state: 'captured' }, { state: 'captured' }],
    [{ code: 'holdClosed', holdId: 'h', state: 'released' }, { state: 'released' }],
    [{ code: 'holdNotFound', holdId: 'h' }, { state: 'refused' }],
    [{ code: 'holdNotDue', holdId: 'h', expiresAt: 5_000 }, { lapseAt: 5_000 }],
    [{ code: 'holdNotDue', holdId: 'h', expiresAt: 900 }, { lapseAt: 1_001 }],
    [{ code: 'walletFrozen', mode: 'all' }, { lapseAt: 601_000 }],
  ] as const)('given the refusal %j, then %j', (refusal, note) => {
    expect(noteOf(refused(refusal), 1_000)).toEqual(note);
  });

  it('given no answer, then it is looked at again later, so that a sweep always ends', () => {
    expect(noteOf({ status: 'unknown', cause: undefined }, 1_000)).toEqual({ lapseAt: 601_000 });
  });
});
