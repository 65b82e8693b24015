import { describe, expect, it } from '@jest/globals';
import { Problem, problemDocument } from '@trebol/chassis';
import { StoreOverloaded } from '@trebol/event-store';
import { type Outcome, type Refusal, WalletBusy } from '@trebol/points';
import { accepted, outcomeOf, problemOf } from './refusals.ts';

const expiresAt = Date.parse('2026-02-10T10:15:00Z');
const table: readonly [Refusal, number][] = [
  [{ code: 'sourceConflict', source: 'ticket/1' }, 409], [{ code: 'walletClosed' }, 409], [{ code: 'pointsNotSpendable' }, 422], [{ code: 'walletFrozen', mode: 'spending' }, 409],
  [{ code: 'sourceNotFound', source: 'ticket/1' }, 404], [{ code: 'holdNotFound', holdId: 'hld_1' }, 404],
  [{ code: 'holdClosed', holdId: 'hld_1', state: 'captured' }, 409], [{ code: 'holdExpired', holdId: 'hld_1', expiresAt }, 409],
  [{ code: 'holdNotDue', holdId: 'hld_1', expiresAt }, 409], [{ code: 'captureExceedsHold', held: 10, requested: 11 }, 422],
  [{ code: 'reversalExceedsEarning', lotId: 'lot_1', left: 1, requested: 2 }, 409],
  [{ code: 'redemptionNotFound', redemptionId: 'rdm_1' }, 404],
  [{ code: 'cancelExceedsRedemption', cancellable: 1, requested: 2 }, 422], [{ code: 'limitReached', limit: 'holdsOpen', max: 20 }, 409],
  [{ code: 'insufficientPoints', available: 5, requested: 6 }, 409],
];

describe('refusals as problems', () => {
  it.each(table)('given %j, then the status is %i and both languages have all their figures', (refusal, status) => {
    const problem = problemOf(refusal, 7);
    expect(problem.status).toBe(status);
    for (const language of ['es', 'en'] as const) {
      const document = problemDocument(problem, language, 't');
      expect(document).toMatchObject({ code: refusal.code, revision: 7 });
      expect(document.detail).not.toMatch(/[{}]/);
    }
  });

  it('given too few points, then the true figures are said', () => {
    const document = problemDocument(problemOf({ code: 'insufficientPoints', available: 5, requested: 6 }, 7), 'es', 't');
    expect(document).toMatchObject({ available: 5, requested: 6, detail: 'Puntos pedidos: 6; disponibles: 5.' });
  });

  it('given an instant in a refusal, then it is RFC 3339', () => {
    expect(problemOf({ code: 'holdExpired', holdId: 'hld_1', expiresAt }, 7).details)
      .toMatchObject({ expiresAt: '2026-02-10T10:15:00.000Z' });
  });

  it('given an unknown outcome, then the caller is told to ask again', () => {
    const unknown: Outcome = { status: 'unknown', cause: new Error('no answer') };
    expect(() => accepted(unknown)).toThrow(expect.objectContaining({ code: 'unknownOutcome', status: 503 }));
  });

  it.each([new WalletBusy('full'), new StoreOverloaded('full')])(
    'given %s, then the caller is told to wait; other faults stay faults', async (fault) => {
    await expect(outcomeOf(Promise.reject(fault))).rejects.toMatchObject({ code: 'overloaded', status: 503, retryAfterSeconds: 1 });
    await expect(outcomeOf(Promise.reject(new Error('bug')))).rejects.not.toBeInstanceOf(Problem);
  });
});
