import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../config/load-config.ts';
import { fieldErrors } from '../validation/field-errors.ts';
import {
  defaultProgramme, otherTypesOf, POINT_TYPES_MAX, programmeOf, programmeVariables, RETURN_WINDOW_DAYS_MAX, RETURN_WINDOW_DAYS_MIN,
  walletPolicies,
} from './programme.ts';

const read = (env: Record<string, string>) => programmeOf(loadConfig(programmeVariables, env));
const types = (count: number): string => Array.from({ length: count }, (_, n) => `type${n}`).join(',');

describe('the programme of an installation', () => {
  it('given nothing, then it has one spendable type, `points`, and returns reach as far as they must', () => {
    expect(read({})).toEqual(defaultProgramme);
    expect(defaultProgramme).toEqual({
      id: 'club', pointTypes: [{ id: 'points', kind: 'spendable' }], currency: 'points', zone: 'Europe/Madrid', reversalPolicy: 'unlimited',
      returnWindowDays: 120,
    });
  });

  it('given types of both kinds, then the first spendable one is the currency', () => {
    const programme = read({ TREBOL_POINT_TYPES: 'status:qualifying, euros:spendable ,stamps' });
    expect(programme.pointTypes).toEqual([
      { id: 'status', kind: 'qualifying' }, { id: 'euros', kind: 'spendable' }, { id: 'stamps', kind: 'spendable' },
    ]);
    expect(programme.currency).toBe('euros');
    expect(otherTypesOf(programme).map(({ id }) => id)).toEqual(['status', 'stamps']);
  });

  it('given a policy and a window, then they are taken; a window at its limits too', () => {
    expect(read({ TREBOL_REVERSAL_POLICY: 'withinBalance', TREBOL_RETURN_WINDOW_DAYS: '365' }))
      .toMatchObject({ reversalPolicy: 'withinBalance', returnWindowDays: 365 });
    for (const days of [RETURN_WINDOW_DAYS_MIN, RETURN_WINDOW_DAYS_MAX]) {
      expect(read({ TREBOL_RETURN_WINDOW_DAYS: String(days) }).returnWindowDays).toBe(days);
    }
    expect(read({ TREBOL_POINT_TYPES: types(POINT_TYPES_MAX) }).pointTypes).toHaveLength(POINT_TYPES_MAX);
  });

  it.each([
    ['TREBOL_POINT_TYPES', 'status:qualifying', 'Must have a spendable point type'], ['TREBOL_POINT_TYPES', 'points,points:qualifying', 'once'],
    ['TREBOL_POINT_TYPES', 'points:both', 'such as "points,status'], ['TREBOL_POINT_TYPES', 'points,', 'such as "points,status'],
    ['TREBOL_POINT_TYPES', 'a~b', 'such as "points,status'], ['TREBOL_POINT_TYPES', types(POINT_TYPES_MAX + 1), 'at most 8'],
    ['TREBOL_POINT_TYPES', 'x'.repeat(41), 'at most 40'], ['TREBOL_REVERSAL_POLICY', 'never', 'TREBOL_REVERSAL_POLICY'],
    ['TREBOL_RETURN_WINDOW_DAYS', String(RETURN_WINDOW_DAYS_MIN - 1), 'Must be at least 30'],
    ['TREBOL_RETURN_WINDOW_DAYS', String(RETURN_WINDOW_DAYS_MAX + 1), 'Must be at most 3650'], ['TREBOL_RETURN_WINDOW_DAYS', '30.5', 'Must be a whole number'],
  ])('given %s=%s, then it is refused by name', (name, value, why) => {
    expect(() => read({ [name]: value })).toThrow(name);
    expect(() => read({ [name]: value })).toThrow(why);
  });

  it('given what is wrong with the types, then it is said in Spanish too', () => {
    const wrong = ['a~b', 'points,points', types(POINT_TYPES_MAX + 1), 'status:qualifying'];
    const told = wrong.flatMap((text) => fieldErrors(programmeVariables, { TREBOL_POINT_TYPES: text }, ''));
    expect(told.length).toBeGreaterThanOrEqual(wrong.length);
    expect(told.filter(({ message }) => message.es === message.en)).toEqual([]);
  });

  it('given a wallet, then its policy follows its type: only spendable points follow the policy of returns, unknown ones are not spent', () => {
    const policyOf = walletPolicies(read({ TREBOL_POINT_TYPES: 'points,status:qualifying', TREBOL_REVERSAL_POLICY: 'onlyPending' }));
    expect(policyOf('club', 'main', 'points')).toMatchObject({ kind: 'spendable', reversal: 'onlyPending', returnWindowDays: 120 });
    expect(policyOf('club', 'main', 'status')).toMatchObject({ kind: 'qualifying', reversal: 'unlimited', returnWindowDays: 120 });
    expect(policyOf('club', 'main', 'forgotten')).toMatchObject({ kind: 'qualifying' });
    expect(policyOf('club', 'main', 'points')).toBe(policyOf('club', 'other', 'points'));
  });
});
