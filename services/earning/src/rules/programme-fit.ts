import type { Programme } from '@trebol/chassis';
import type { Sentence } from '../reasons.ts';
import type { RuleSet } from '../rule-set.ts';

/** What a rule set counts on and the programme does not have: the place in the rule set, and what to do. */
export interface Misfit {
  readonly pointer: string;
  readonly message: Sentence;
}

/**
 * The first thing in which a rule set does not fit the settings of the programme, or nothing. The settings are what wallets, holds and
 * closed books go by, in every process; a version that counted on something else would lose returns without a word.
 */
export function misfitOf({ programme: stated, rules }: RuleSet, programme: Programme): Misfit | undefined {
  if (stated.id !== programme.id) return { pointer: '/programme/id', message: NAMES_WALLETS };
  if (stated.pointType !== programme.currency) return { pointer: '/programme/pointType', message: NAMES_WALLETS };
  if (stated.reversalPolicy !== programme.reversalPolicy) {
    return { pointer: '/programme/reversalPolicy', message: otherPolicy(stated.reversalPolicy, programme.reversalPolicy) };
  }
  if (stated.returnWindowDays > programme.returnWindowDays) {
    return { pointer: '/programme/returnWindowDays', message: windowTooLong(stated.returnWindowDays, programme.returnWindowDays) };
  }
  const known = new Set(programme.pointTypes.map(({ id }) => id));
  const strange = rules.findIndex(({ lots }) => lots.pointType !== undefined && !known.has(lots.pointType));
  return strange === -1 ? undefined
    : { pointer: `/rules/${strange}/lots/pointType`, message: unknownType(rules[strange]?.lots.pointType ?? '', [...known].join(', ')) };
}

const NAMES_WALLETS: Sentence = { en: 'It names every wallet and cannot change', es: 'Da nombre a todos los monederos y no puede cambiar' };

const otherPolicy = (stated: string, set: string): Sentence => ({
  en: `The programme's policy is ${set}, not ${stated} (TREBOL_REVERSAL_POLICY)`,
  es: `La política del programa es ${set}, no ${stated} (TREBOL_REVERSAL_POLICY)`,
});

const windowTooLong = (stated: number, set: number): Sentence => ({
  en: `${stated} days are more than the programme carries (${set}): raise TREBOL_RETURN_WINDOW_DAYS first, or returns would be lost`,
  es: `${stated} días son más de los que conserva el programa (${set}): suba antes TREBOL_RETURN_WINDOW_DAYS, o se perderían devoluciones`,
});

const unknownType = (stated: string, set: string): Sentence => ({
  en: `The programme has no points "${stated}", only ${set} (TREBOL_POINT_TYPES)`,
  es: `El programa no tiene puntos "${stated}", solo ${set} (TREBOL_POINT_TYPES)`,
});
