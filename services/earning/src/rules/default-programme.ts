import { defaultProgramme, type Programme, RETURN_WINDOW_DAYS_MIN } from '@trebol/chassis';
import type { RuleVersion } from '../rule-set.ts';

/** The rules in force until a tenant activates some of its own, as the settings of the programme have it. They are version 1. */
export const firstRulesOf = ({ id, currency, zone, reversalPolicy }: Programme): RuleVersion => ({
  version: 1,
  programme: {
    id, pointType: currency, zone, returnWindowDays: RETURN_WINDOW_DAYS_MIN, latenessDays: 30, reversalPolicy,
    pointValue: { points: 100, amount: 100 },
  },
  rules: [{
    id: 'base',
    names: { es: '1 punto por cada euro', en: '1 point for each whole euro' },
    effect: { perAmount: { points: 1, per: 100 } },
    lots: { available: 'immediately', expiry: { months: 12 } },
  }],
});

/** The same where no setting is changed; `examples/rules/base.yaml` is the same for readers, and a test compares them. */
export const DEFAULT_PROGRAMME: RuleVersion = firstRulesOf(defaultProgramme);
