import { calendarOf } from '@trebol/chassis';
import type { Rating } from '../decision.ts';
import { rateCorrections } from './rate-corrections.ts';
import { isTooOld, rateSale } from './rate-sale.ts';

/** The rules of worth as the rest of the service uses them. */
export const rating: Rating = {
  isTooOld(businessDay, receipt, { programme }) {
    if (receipt.history) return false;
    const calendar = calendarOf(programme.zone);
    return isTooOld(businessDay, calendar.dayOf(receipt.recordedAt), { days: programme.latenessDays, calendar });
  },
  rateSale(sale, { rules, ...decided }) {
    return rateSale(sale, { rules, ...decided, calendar: calendarOf(rules.programme.zone) });
  },
  rateCorrections,
};
