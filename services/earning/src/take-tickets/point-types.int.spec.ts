import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { programmeOf, programmeVariables } from '@trebol/chassis';
import type { Addressed, Outcome, PointsCommand } from '@trebol/points';
import { correctionOf, keyOf, line, memberId, NOON, openRig, type Rig, sale, take, TENANT, walletOf } from '../../test/rig.ts';
import { parseRuleFile } from '../rules/rule-file.ts';

const ANA = memberId(1);
const DAY = 86_400_000;
let rig: Rig;

/** A member of a programme with status points, under a rule file. */
async function open(text: string): Promise<void> {
  rig = await openRig({ programme: programmeOf(programmeVariables.parse({ TREBOL_POINT_TYPES: 'points,status:qualifying' })) });
  await rig.enrol(ANA, 'C1');
  const parsed = parseRuleFile(text);
  if (parsed.status === 'invalid') throw new Error(JSON.stringify(parsed.errors));
  const applied = await rig.earning.rules.apply(TENANT, parsed.ruleSet, { dryRun: false });
  if (applied.status === 'refused') throw new Error(applied.message.en);
  rig.clock.set(NOON - DAY);
  await rig.earning.rules.activate(TENANT, applied.version.version);
  rig.clock.set(NOON);
}
const example = (): Promise<string> => readFile(new URL('../../../../examples/rules/qualifying.yaml', import.meta.url), 'utf8');
const available = async () => ({
  points: (await rig.wallet(ANA)).balance.available, status: (await rig.wallet(ANA, 'status')).balance.available,
});
const back = (sequence: string, quantity: number) => correctionOf('return', sequence, '1', [{ line: 1, quantity }]);

describe('tickets that earn points of two types (examples/rules/qualifying.yaml)', () => {
  beforeEach(async () => open(await example()));
  afterEach(() => rig.close());

  it('given a purchase, then both wallets have it, each with its own explanation, and the answer tells them apart', async () => {
    for (const replayed of [false, true]) {
      const done = await rig.earning.tickets.take(TENANT, sale('1', [line(1, 5_050, 2)]), 'en');
      expect(done).toMatchObject({
        replayed, answer: {
          status: 'posted', points: { earned: 50, reversed: 0, pending: 0 }, balance: { available: 50 },
          others: [{ pointType: 'status', earned: 101, reversed: 0, pending: 0, debtRepaid: 0, balance: { available: 101 } }],
        },
      });
      expect(done.answer.explanation.map(({ text }) => text)).toEqual([
        expect.stringContaining('→ 50 points, valid through 2027-03-02'), expect.stringContaining('→ 101 points "status", valid through 2026-12-31'),
      ]);
    }
    expect((await rig.wallet(ANA)).lots).toMatchObject([{ granted: 50, source: `ticket/${keyOf('1')}`, validThrough: '2027-03-02' }]);
    expect((await rig.wallet(ANA, 'status')).lots).toMatchObject([{ granted: 101, validThrough: '2026-12-31' }]);
  });

  it('given returns in parts, then each type loses what it was given for them, whatever the split', async () => {
    await take(rig.earning, [sale('1', [line(1, 10_000, 3)])]);
    expect(await available()).toEqual({ points: 100, status: 200 });
    const { answer } = await rig.earning.tickets.take(TENANT, back('2', 1), 'es');
    expect(answer).toMatchObject({
      status: 'posted', points: { earned: 0, reversed: 34 }, others: [{ pointType: 'status', earned: 0, reversed: 67, balance: { available: 133 } }],
    });
    expect(answer.explanation.map(({ text }) => text)[1]).toContain('se anulan 67 "status"');
    await take(rig.earning, [back('3', 2)]);
    expect(await available()).toEqual({ points: 0, status: 0 });
    expect((await rig.wallet(ANA, 'status')).balance.debt).toBe(0);
  });

  it('given a batch and a return before its sale, then both types end the same', async () => {
    expect(await take(rig.earning, [back('2', 1), sale('1', [line(1, 1_000, 2)]), sale('3', [line(1, 700)])])).toEqual(['rated', 'rated', 'rated']);
    expect(await available()).toEqual({ points: 12, status: 24 });
    expect(await rig.earning.tickets.preview(TENANT, sale('4', [line(1, 300)]), 'en')).toMatchObject({
      points: { earned: 3 }, balance: { available: 12 }, others: [{ pointType: 'status', earned: 6, balance: { available: 24 } }],
    });
    expect((await rig.earning.tickets.show(TENANT, keyOf('3'), 'en')).others).toMatchObject([{ pointType: 'status', earned: 14, balance: null }]);
  });

  it('given less than the currency is given for, then the other type has its own', async () => {
    await rig.close();
    await open((await example()).replace('points: 2, per: 100', 'points: 2, per: 10'));
    const { answer } = await rig.earning.tickets.take(TENANT, sale('1', [line(1, 99)]), 'en');
    expect(answer).toMatchObject({ status: 'posted', points: { earned: 0 }, balance: { available: 0 }, others: [{ earned: 19 }] });
    await take(rig.earning, [correctionOf('void', '2', '1', [{ line: 1, quantity: 1 }])]);
    expect(await available()).toEqual({ points: 0, status: 0 });
  });

  it.each(['points', 'status'])('given a process that dies before %s are written, then the sweeper writes them, once', async (lost) => {
    const dying = rig.restarted({ ...rig.ledger, handleMany: async (commands) => {
      if (commands.some(({ wallet }) => wallet.pointType === lost)) throw new Error('the process died');
      return rig.ledger.handleMany(commands);
    } });
    await expect(take(dying, [sale('1', [line(1, 1_000)])])).rejects.toThrow('the process died');
    expect((await rig.earning.tickets.show(TENANT, keyOf('1'), 'en')).status).toBe('rated');
    for (let look = 0; look < 2; look += 1) await rig.earning.sweeper.runOnce({ graceSeconds: 0 });
    expect(await available()).toEqual({ points: 10, status: 20 });
    expect((await rig.earning.tickets.show(TENANT, keyOf('1'), 'en')).status).toBe('posted');
  });

  it('given a wallet of one type that is frozen, then the ticket is posted only when both have it', async () => {
    const status = walletOf(ANA, 'status');
    const care = (command: PointsCommand): Promise<Outcome> => rig.ledger.handle(status, command);
    await care({ type: 'OpenWallet', commandId: 'o', occurredAt: rig.clock.now() });
    await care({ type: 'FreezeWallet', commandId: 'f', occurredAt: rig.clock.now(), freezeId: 'f', mode: 'all', reason: 'review' });
    const { answer } = await rig.earning.tickets.take(TENANT, sale('1', [line(1, 1_000)]), 'en');
    expect(answer).toMatchObject({ status: 'rated', reason: 'walletFrozen', points: { earned: 10 }, balance: { available: 10 } });
    await care({ type: 'UnfreezeWallet', commandId: 'u', occurredAt: rig.clock.now(), freezeId: 'f' });
    await rig.earning.sweeper.runOnce({ graceSeconds: 0 });
    expect((await rig.earning.tickets.show(TENANT, keyOf('1'), 'en')).status).toBe('posted');
    expect(await available()).toEqual({ points: 10, status: 20 });
  });

  it('given tickets of one type alone, then each is one command, as ever', async () => {
    await rig.close();
    await open((await example()).replace(/ {2}- id: status[\s\S]*$/, ''));
    const sent: Addressed<PointsCommand>[] = [];
    const counting = rig.restarted({ ...rig.ledger, handleMany: async (commands) => {
      sent.push(...commands);
      return rig.ledger.handleMany(commands);
    } });
    await take(counting, [sale('1', [line(1, 1_000)]), sale('2', [line(1, 1_000)])]);
    expect(sent.map(({ wallet }) => wallet.pointType)).toEqual(['points', 'points']);
    expect((await rig.earning.tickets.show(TENANT, keyOf('1'), 'en')).others).toBeUndefined();
  });
});

describe('status points that live as long as their member buys', () => {
  afterEach(() => rig.close());

  it('given inactivity for one type, then a purchase moves the last day of that type only', async () => {
    await open((await example()).replace("{ dates: ['12-31'], minimumDays: 0 }", '{ inactivity: 6 }'));
    await take(rig.earning, [sale('1', [line(1, 1_000)])]);
    rig.clock.set('2026-05-20T12:00:00+02:00');
    for (const status of ['rated', 'duplicate']) {
      expect(await take(rig.earning, [
        sale('2', [line(1, 1_000)], { businessDay: '2026-05-20', occurredAt: '2026-05-20T11:00:00+02:00' }),
      ])).toEqual([status]);
    }
    const lastDays = async (type: string) => (await rig.wallet(ANA, type)).lots.map(({ validThrough }) => validThrough ?? '')
      .toSorted((left, right) => left.localeCompare(right));
    expect(await lastDays('points')).toEqual(['2027-03-02', '2027-05-20']);
    expect(await lastDays('status')).toEqual(['2026-11-20', '2026-11-20']);
  });
});
