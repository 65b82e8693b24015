import type { RuleVersion } from '../rule-set.ts';

/** In force until a tenant activates rules of its own; `examples/rules/base.yaml` is the same for readers, and a test compares them. */
export const DEFAULT_PROGRAMME: RuleVersion = {
  version: 1,
  programme: {
    id: 'club', pointType: 'points', zone: 'Europe/Madrid', returnWindowDays: 30, latenessDays: 30, reversalPolicy: 'unlimited',
    pointValue: { points: 100, amount: 100 },
  },
  rules: [{
    id: 'base',
    names: { es: '1 punto por cada euro', en: '1 point for each whole euro' },
    effect: { perAmount: { points: 1, per: 100 } },
    lots: { available: 'immediately', expiry: { months: 12 } },
  }],
};
