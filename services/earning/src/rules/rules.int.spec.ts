import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultProgramme } from '@trebol/chassis';
import { keyOf, line, memberId, NOON, openRig, type Rig, sale, take, TENANT } from '../../test/rig.ts';
import { DEFAULT_PROGRAMME } from './default-programme.ts';
import { parseRuleFile } from './rule-file.ts';
import type { RuleSet } from '../rule-set.ts';

const HOUR = 3_600_000;
const example = (): Promise<string> => readFile(new URL('../../../../examples/rules/base.yaml', import.meta.url), 'utf8');
const { version: _, ...DEFAULT } = DEFAULT_PROGRAMME;
const doubled: RuleSet = {
  ...DEFAULT, rules: DEFAULT.rules.map((rule) => ({ ...rule, effect: { perAmount: { points: 2, per: 100 } } })),
};

describe('rule files', () => {
  it('given the example for readers, then it says what the default programme says', async () => {
    expect(parseRuleFile(await example())).toEqual({ status: 'valid', ruleSet: DEFAULT });
  });

  it('given mistakes, then each is told with its place and line', async () => {
    const file = (await example()).replace('Europe/Madrid ', 'Europe/Nowhere')
      .replace('per: 100 }', 'per: 1.5, upTo: 3 }').replace('months: 12', 'months: 0');
    const parsed = parseRuleFile(file);
    expect(parsed.status === 'invalid' && parsed.errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/programme/zone', '/rules/0/effect/perAmount', '/rules/0/effect/perAmount/per', '/rules/0/lots/expiry/months',
    ]);
    expect(parsed.status === 'invalid' && parsed.errors.find(({ pointer }) => pointer === '/programme/zone')?.message).toEqual({
      en: 'line 5: Must be an IANA zone such as Europe/Madrid', es: 'línea 5: Tiene que ser una zona IANA como Europe/Madrid',
    });
  });

  for (const [what, file] of [
    ['no YAML', 'programme: ['], ['a key twice', 'programme: {}\nprogramme: {}'],
    ['nothing', ''], ['too much', `a: ${'x'.repeat(262_144)}`],
    ['aliases', 'a: &a [1]\nb: *a'], [
      'a rule id twice', JSON.stringify({ ...DEFAULT, rules: [...DEFAULT.rules, ...DEFAULT.rules] }),
    ]] as const) {
    it(`given ${what}, then it is refused`, () => {
      const parsed = parseRuleFile(file);
      expect(parsed.status === 'invalid' && parsed.errors.every(({ message }) => message.es !== message.en)).toBe(true);
    });
  }
});

describe('versions of the rules', () => {
  let rig: Rig;
  beforeEach(async () => { rig = await openRig(); });
  afterEach(() => rig.close());

  it('given a rule set, when it is applied twice, then it has one number; a dry run writes nothing', async () => {
    const { rules } = rig.earning;
    expect(await rules.apply(TENANT, doubled, { dryRun: true })).toMatchObject({ status: 'wouldApply', version: { version: 2 } });
    expect(await rules.list(TENANT)).toHaveLength(1);
    expect(await rules.apply(TENANT, doubled, { dryRun: false })).toMatchObject({ status: 'applied', version: { version: 2 } });
    expect(await rules.apply(TENANT, doubled, { dryRun: false })).toMatchObject({ status: 'unchanged', version: { version: 2 } });
    expect(await rules.apply(TENANT, DEFAULT, { dryRun: false })).toMatchObject({ status: 'unchanged', version: { version: 1 } });
  });

  it('given another programme or point type, then it is refused, because they name the wallets', async () => {
    for (const [field, pointer] of [['id', '/programme/id'], ['pointType', '/programme/pointType']] as const) {
      const other = { ...doubled, programme: { ...doubled.programme, [field]: 'other' } };
      expect(await rig.earning.rules.apply(TENANT, other, { dryRun: false })).toMatchObject({ status: 'refused', pointer });
    }
  });

  it('given what the programme does not have, then it is refused with its place when it is applied', async () => {
    const { programme, rules: [rule] } = doubled;
    if (rule === undefined) throw new Error('a rule');
    for (const [other, pointer, why] of [
      [{ programme: { ...programme, reversalPolicy: 'onlyPending' } }, '/programme/reversalPolicy', "programme's policy is unlimited"],
      [{ programme: { ...programme, returnWindowDays: 121 } }, '/programme/returnWindowDays', '121 days are more than the programme carries (120)'],
      [{ rules: [{ ...rule, lots: { ...rule.lots, pointType: 'status' } }] }, '/rules/0/lots/pointType', 'no points "status", only points'],
    ] as const) {
      const result = await rig.earning.rules.apply(TENANT, { ...doubled, ...other }, { dryRun: true });
      expect(result).toMatchObject({ status: 'refused', reason: 'doesNotFitProgramme', pointer });
      expect(result.status === 'refused' && result.message.en).toContain(why);
    }
    const longest = { ...doubled, programme: { ...programme, returnWindowDays: 120 } };
    expect(await rig.earning.rules.apply(TENANT, longest, { dryRun: true })).toMatchObject({ status: 'wouldApply' });
  });

  it('given settings that changed, then a version they do not carry is not activated, and one that is in force does not start to earn', async () => {
    const yearly = { ...doubled, programme: { ...doubled.programme, returnWindowDays: 365 } };
    const carrying = rig.restarted(rig.ledger, 0, { ...defaultProgramme, returnWindowDays: 365 });
    await carrying.rules.apply(TENANT, yearly, { dryRun: false });
    expect(await rig.earning.rules.activate(TENANT, 2)).toMatchObject({
      status: 'refused', reason: 'doesNotFitProgramme', pointer: '/programme/returnWindowDays',
      message: { es: expect.stringContaining('suba antes TREBOL_RETURN_WINDOW_DAYS') },
    });
    await rig.earning.rules.checkProgramme();
    await carrying.rules.activate(TENANT, 2);
    await carrying.rules.checkProgramme();
    await expect(rig.earning.rules.checkProgramme()).rejects.toThrow('rule version 2 of main, /programme/returnWindowDays: 365 days');
  });

  it('given a programme of its own, then version 1 says what it is', async () => {
    const own = rig.restarted(rig.ledger, 0, { ...defaultProgramme, reversalPolicy: 'withinBalance', zone: 'Atlantic/Canary' });
    expect((await own.rules.list(TENANT))[0]?.programme).toMatchObject({ reversalPolicy: 'withinBalance', zone: 'Atlantic/Canary' });
  });

  it('given versions, then activation in the past, twice, of nothing, or before a later one is refused', async () => {
    const { rules } = rig.earning;
    await rules.apply(TENANT, doubled, { dryRun: false });
    const tripled = { ...doubled, programme: { ...doubled.programme, latenessDays: 10 } };
    await rules.apply(TENANT, tripled, { dryRun: false });
    expect(await rules.activate(TENANT, 9)).toEqual({ status: 'refused', reason: 'notFound' });
    expect(await rules.activate(TENANT, 2, NOON - 1)).toEqual({ status: 'refused', reason: 'inThePast' });
    expect(await rules.activate(TENANT, 2, NOON + HOUR)).toMatchObject({ status: 'activated', version: { validFrom: NOON + HOUR } });
    expect(await rules.activate(TENANT, 2, NOON + 2 * HOUR)).toEqual({ status: 'refused', reason: 'alreadyActivated' });
    expect(await rules.activate(TENANT, 1)).toEqual({ status: 'refused', reason: 'alreadyActivated' });
    expect(await rules.activate(TENANT, 3, NOON + HOUR)).toEqual({ status: 'refused', reason: 'overlapsLater' });
    expect(await rules.activate(TENANT, 3, NOON + 2 * HOUR)).toMatchObject({ status: 'activated' });
  });

  it('given a version from now on, then tickets follow the version of their own time, in every process, and returns the recorded one', async () => {
    await rig.enrol(memberId(1), 'C1');
    const other = rig.restarted();
    await take(other, [sale('1', [line(1, 1_000)])]);
    await rig.earning.rules.apply(TENANT, doubled, { dryRun: false });
    await rig.earning.rules.activate(TENANT, 2);
    await take(other, [
      sale('2', [line(1, 1_000)]), sale('3', [line(1, 1_000, 2)], { occurredAt: '2026-03-02T12:00:00+01:00' }),
    ]);
    const points = async (sequence: string) => (await other.tickets.show(TENANT, keyOf(sequence), 'en')).points.earned;
    expect(await Promise.all(['1', '2', '3'].map(points))).toEqual([10, 10, 20]);
  });
});
