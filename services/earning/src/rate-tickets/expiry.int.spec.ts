import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Ticket } from '@trebol/contracts';
import { correctionOf, keyOf, line, memberId, openRig, type Rig, sale, take, TENANT } from '../../test/rig.ts';
import { parseRuleFile } from '../rules/rule-file.ts';

const ANA = memberId(1);
let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
  await rig.enrol(ANA, 'C1');
});
afterEach(() => rig.close());

/** A rule file as a chain writes it; `expiry` is what differs. */
const fileOf = (...expiries: readonly string[]): string => `
programme:
  id: club
  pointType: points
  zone: Europe/Madrid
  returnWindowDays: 30
  latenessDays: 30
  reversalPolicy: unlimited
  pointValue: { points: 100, amount: 100 }
rules:
${expiries.map((expiry, index) => `  - id: rule-${index}
    names: { es: Puntos, en: Points }
    effect: { perAmount: { points: 1, per: 100 } }
    lots: { available: immediately, expiry: ${expiry} }
`).join('')}`;

async function inForce(...expiries: readonly string[]): Promise<void> {
  const parsed = parseRuleFile(fileOf(...expiries));
  if (parsed.status === 'invalid') throw new Error(JSON.stringify(parsed.errors));
  const { rules } = rig.earning;
  const applied = await rules.apply(TENANT, parsed.ruleSet, { dryRun: false });
  if (applied.status === 'refused') throw new Error(applied.reason);
  await rules.activate(TENANT, applied.version.version);
}

const soldOn = (day: string, sequence: string, change: Partial<Ticket> = {}): Ticket =>
  sale(sequence, [line(1, 1_000)], { businessDay: day, occurredAt: `${day}T13:00:00+01:00`, ...change });
const days = async (): Promise<readonly (string | null)[]> => (await rig.wallet(ANA)).lots.map(({ validThrough }) => validThrough)
  .toSorted((left, right) => String(left).localeCompare(String(right)));

describe('how long points live', () => {
  it.each([
    ['{ months: 12 }', '2027-03-02'], ['{ endOfMonth: 12 }', '2027-03-31'],
    [`{ dates: ['12-31'], minimumDays: 60 }`, '2026-12-31'], [`{ dates: ['03-31', '12-31'], minimumDays: 60 }`, '2026-12-31'],
    ['{ inactivity: 18 }', '2027-09-02'], ['never', null],
  ])('given a rule with expiry %s, when something is bought on 2 March 2026, then its points are valid through %s', async (expiry, validThrough) => {
    await inForce(expiry);
    for (let delivery = 0; delivery < 2; delivery += 1) {
      const { answer } = await rig.earning.tickets.take(TENANT, soldOn('2026-03-02', '1'), 'en');
      expect(answer).toMatchObject({ status: 'posted', points: { earned: 10 }, explanation: [{ validThrough }] });
    }
    expect(await days()).toEqual([validThrough]);
  });

  it('given rules with different expiries, then each gives a lot of its own', async () => {
    await inForce('{ months: 1 }', '{ endOfMonth: 1 }', 'never');
    await take(rig.earning, [soldOn('2026-03-02', '1')]);
    expect(await days()).toEqual(['2026-04-02', '2026-04-30', null]);
  });

  it.each([
    ['inactivity for some rules only', fileOf('{ inactivity: 18 }', '{ months: 12 }'), '/rules/1/lots/expiry'],
    ['two numbers of months', fileOf('{ inactivity: 18 }', '{ inactivity: 12 }'), '/rules/1/lots/expiry'],
    ['a day that no year has', fileOf(`{ dates: ['02-30'], minimumDays: 0 }`), '/rules/0/lots/expiry'],
    ['no months', fileOf('{ endOfMonth: 0 }'), '/rules/0/lots/expiry'],
  ])('given %s, then the rule file is refused with a pointer', (_what, text, pointer) => {
    const parsed = parseRuleFile(text);
    expect(parsed.status === 'invalid' && parsed.errors.every((error) => error.pointer.startsWith(pointer))).toBe(true);
  });
});

describe('points that live as long as their member buys', () => {
  beforeEach(() => inForce('{ inactivity: 6 }'));

  it('given a later purchase, delivered twice, by itself or with others, then all points live on from it', async () => {
    await take(rig.earning, [soldOn('2026-03-02', '1')]);
    rig.clock.set('2026-05-20T12:00:00+02:00');
    for (const status of ['rated', 'duplicate']) expect(await take(rig.earning, [soldOn('2026-05-20', '2')])).toEqual([status]);
    expect(await days()).toEqual(['2026-11-20', '2026-11-20']);
    rig.clock.set('2026-08-01T12:00:00+02:00');
    const { answer } = await rig.earning.tickets.take(TENANT, soldOn('2026-08-01', '3'), 'en');
    expect(answer.balance?.expiring).toEqual([{ validThrough: '2027-02-01', points: 30 }]);
    rig.clock.set('2026-12-24T12:00:00+01:00');
    expect((await rig.wallet(ANA)).balance.available).toBe(30);
  });

  it('given a purchase too small for a point, then it keeps the others alive all the same', async () => {
    await take(rig.earning, [soldOn('2026-03-02', '1')]);
    rig.clock.set('2026-05-20T12:00:00+02:00');
    await take(rig.earning, [soldOn('2026-05-20', '2', { lines: [line(1, 40)] })]);
    expect(await days()).toEqual(['2026-11-20']);
    expect((await rig.earning.tickets.show(TENANT, `s1~t1~2026-05-20~2`, 'en')).status).toBe('posted');
  });

  it('given purchases in any order, in one batch or several, then the wallet ends the same', async () => {
    rig.clock.set('2026-03-20T12:00:00+01:00');
    const bought = ['2026-03-02', '2026-03-11', '2026-03-19'];
    const orders = [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]];
    for (const [n, order] of orders.entries()) {
      for (const together of [true, false]) {
        const member = memberId(100 + n * 2 + Number(together));
        const card = `P${n}${together}`;
        await rig.enrol(member, card);
        const tickets = order.map((at) => soldOn(bought[at] as string, `${n}${at}${Number(together)}`, { identification: { kind: 'card', value: card } }));
        const batches = together ? [tickets] : tickets.map((ticket) => [ticket]);
        for (const batch of batches) await take(rig.earning, batch);
        const { lots } = await rig.wallet(member);
        expect(lots.map(({ validThrough }) => validThrough)).toEqual(['2026-09-19', '2026-09-19', '2026-09-19']);
      }
    }
  });

  it('given a process that dies between the award and the extension, then the sweeper sends both, once', async () => {
    await take(rig.earning, [soldOn('2026-03-02', '1')]);
    rig.clock.set('2026-05-20T12:00:00+02:00');
    let calls = 0;
    const dying = rig.restarted({ ...rig.ledger, handleMany: async (commands) => {
      calls += 1;
      if (calls === 2) throw new Error('the process died');
      return rig.ledger.handleMany(commands);
    } });
    await expect(take(dying, [soldOn('2026-05-20', '2')])).rejects.toThrow('the process died');
    expect(await days()).toEqual(['2026-09-02', '2026-11-20']);
    for (let look = 0; look < 2; look += 1) await rig.earning.sweeper.runOnce({ graceSeconds: 0 });
    expect(await days()).toEqual(['2026-11-20', '2026-11-20']);
    expect((await rig.wallet(ANA)).balance.available).toBe(20);
  });

  it('given a card that is registered after its purchases, then they count as activity too', async () => {
    await take(rig.earning, [soldOn('2026-03-02', '1')]);
    rig.clock.set('2026-05-20T12:00:00+02:00');
    await take(rig.earning, [soldOn('2026-05-20', '2', { identification: { kind: 'card', value: 'C2' } })]);
    await rig.enrol(ANA, 'C2', { version: 2 });
    expect(await days()).toEqual(['2026-11-20', '2026-11-20']);
  });

  it('given a purchase that came too late, then it is no activity: the next one of history has its own day', async () => {
    rig.clock.set('2026-06-10T12:00:00+02:00');
    expect(await take(rig.earning, [soldOn('2026-05-10', '1')])).toEqual(['tooOld']);
    expect(await take(rig.earning, [soldOn('2026-04-20', '2')], true)).toEqual(['rated']);
    expect(await days()).toEqual(['2026-10-20']);
    expect(await take(rig.earning, [soldOn('2026-05-11', '3')])).toEqual(['rated']);
    expect(await days()).toEqual(['2026-11-11', '2026-11-11']);
  });

  it('given a purchase that is returned, then its points go and the day it gave stays', async () => {
    await take(rig.earning, [soldOn('2026-03-02', '1')]);
    rig.clock.set('2026-03-20T12:00:00+01:00');
    const bought = soldOn('2026-03-20', '2');
    const back = { ...correctionOf('void', '3', '2', [{ line: 1, quantity: 1 }]), businessDay: '2026-03-20', occurredAt: '2026-03-20T12:00:00+01:00' };
    await take(rig.earning, [bought, { ...back, original: { storeId: 's1', workstationId: 't1', businessDay: '2026-03-20', sequence: '2' } }]);
    expect((await rig.wallet(ANA)).balance).toMatchObject({ available: 10, expiring: [{ validThrough: '2026-09-20', points: 10 }] });
  });
});

it('given the default programme, then no purchase extends anything and nothing is asked of the members', async () => {
  await take(rig.earning, [soldOn('2026-03-02', '1'), soldOn('2026-03-02', '2')]);
  expect(await rig.dataSource.query('SELECT extension FROM earning.ticket WHERE extension IS NOT NULL')).toEqual([]);
  expect((await rig.earning.tickets.show(TENANT, keyOf('1'), 'en')).status).toBe('posted');
});
