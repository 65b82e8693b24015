import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApplication, defaultProgramme, Health } from '@trebol/chassis';
import { realClock, sequentialIds } from '@trebol/testing';
import { DAY, earn, hold, member, NOON, openRig, redeem, reverse, type Rig } from '../../test/rig.ts';
import { ledgerModule } from '../app.module.ts';
import { balanceAnswer, entriesAnswer, lotsAnswer } from './answers.ts';

let rig: Rig;
let app: NestFastifyApplication;
const health = new Health(realClock);
let next = 0;

beforeAll(async () => {
  rig = await openRig();
  const module = ledgerModule({
    clock: rig.clock, dataSource: rig.dataSource, eventStore: rig.store, bus: rig.bus, ledger: rig.ledger, health,
    programme: defaultProgramme,
  });
  const scopes: Record<string, string[]> = { reader: ['points:read'], stranger: ['members:read'] };
  app = await createHttpApplication(module, {
    ids: sequentialIds(), health, logger: false, documentation: { title: 'ledger', version: '1' },
    access: {
      keys: { verify: async (key) => (key.startsWith('other') ? { tenant: 'other', keyId: key, scopes: ['points:read'] } :
        scopes[key] === undefined ? undefined : { tenant: 'main', keyId: key, scopes: scopes[key] }) },
    },
  });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});
afterAll(async () => {
  await app.close();
  await rig.close();
});
afterEach(() => { rig.clock.set(NOON); });

/** A member of this test's own. */
const someone = () => member((next += 1) + 1_000);

interface Answer { readonly status: number; readonly body: Record<string, unknown> }

async function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await app.inject({ method: 'GET', url: path, headers: { authorization: 'Bearer reader', ...headers } });
  return { status: answer.statusCode, body: answer.json() };
}

describe('showing a balance', () => {
  it('given points, a hold and a return, when asked right after, then the answer is that of the write, at its revision, in the public shape', async () => {
    const wallet = someone();
    await rig.ledger.handleMany([earn(wallet, 'a', 100), earn(wallet, 'b', { points: 50, from: NOON + 5 * DAY }), reverse(wallet, 'a', { by: 'a-return', points: 60 })]);
    const outcome = await rig.ledger.handle(wallet, hold(wallet, 'h', { points: 15, expiresAt: NOON + 60_000 }).command);
    const { status, body } = await get(`/v1/members/${wallet.member}/balance`);
    expect(status).toBe(200);
    expect(balanceAnswer.parse(body)).toEqual({
      memberId: wallet.member, available: 25, pending: 50, held: 15, debt: 0, feeDue: 0,
      expiring: [{ validThrough: '2026-04-01', points: 40 }], asOf: '2026-03-02T12:00:00.000Z',
      revision: outcome.status === 'accepted' ? outcome.revision : -1,
    });
    const lots = lotsAnswer.parse((await get(`/v1/members/${wallet.member}/lots`)).body);
    expect(lots.lots).toMatchObject([
      { source: 'ticket/a', granted: 100, remaining: 25, held: 15, state: 'available', validThrough: '2026-04-01' },
      { source: 'ticket/b', remaining: 50, state: 'pending', availableFrom: '2026-03-07T12:00:00.000Z' },
    ]);
  });

  it('given a history, when asked as of an instant, then the past is what was recorded by then and the future is the wallet of today seen from then', async () => {
    const wallet = someone();
    await rig.ledger.handleMany([earn(wallet, 'a', 100)]);
    rig.clock.set(NOON + DAY);
    await rig.ledger.handle(wallet, redeem(wallet, 'r', 30).command);
    const at = async (asOf: number) => (await get(`/v1/members/${wallet.member}/balance?asOf=${new Date(asOf).toISOString()}`)).body;
    expect(await at(NOON - 1)).toMatchObject({ available: 0, revision: 0 });
    expect(await at(NOON + 1)).toMatchObject({ available: 100, revision: 2 });
    expect(await at(NOON + DAY)).toMatchObject({ available: 70, revision: 3 });
    expect(await at(NOON + 31 * DAY)).toMatchObject({ available: 0, revision: 3 });
    const lots = await get(`/v1/members/${wallet.member}/lots?asOf=${new Date(NOON + 1).toISOString()}`);
    expect(lots.body).toMatchObject({ revision: 2, lots: [{ source: 'ticket/a', remaining: 100 }] });
  });

  it('given a member without a wallet, and a key of another tenant, when asked, then there are zeros at revision 0 and nothing of anybody else', async () => {
    const wallet = someone();
    const nobody = { available: 0, pending: 0, held: 0, debt: 0, expiring: [], revision: 0 };
    expect((await get(`/v1/members/${wallet.member}/balance`)).body).toMatchObject(nobody);
    expect((await get(`/v1/members/${wallet.member}/entries`)).body).toMatchObject({ entries: [], next: null, revision: 0 });
    await rig.ledger.handleMany([earn(wallet, 'a', 100)]);
    const foreign = { authorization: 'Bearer other' };
    expect((await get(`/v1/members/${wallet.member}/balance`, foreign)).body).toMatchObject(nobody);
    expect((await get(`/v1/members/${wallet.member}/entries`, foreign)).body).toMatchObject({ entries: [] });
  });
});

describe('showing entries', () => {
  it('given 7 movements, when paged by 3, then each comes once, newest first, with reason, explanation and running balance in the reader\'s language', async () => {
    const wallet = someone();
    await rig.ledger.handleMany([1, 2, 3, 4, 5].map((n) => earn(wallet, `t-${n}`, 10)));
    await rig.ledger.handle(wallet, redeem(wallet, 'r', 7).command);
    const found: unknown[] = [];
    let cursor = '';
    for (let page = 0; page < 4; page += 1) {
      const { body } = await get(`/v1/members/${wallet.member}/entries?limit=3${cursor}`, { 'accept-language': 'es' });
      const answer = entriesAnswer.parse(body);
      expect(answer.revision).toBe(7);
      found.push(...answer.entries);
      if (answer.next === null) break;
      cursor = `&cursor=${answer.next}`;
    }
    expect(found).toMatchObject([
      { revision: 7, kind: 'redeemed', reason: 'Puntos canjeados', points: -7, balance: { available: 43 }, source: { kind: 'redemption', key: 'r' } },
      { revision: 6, points: 10, balance: { available: 50 } }, { revision: 5 }, { revision: 4 }, { revision: 3 },
      { revision: 2, kind: 'earned', source: { kind: 'ticket', key: 't-1' }, balance: { available: 10 } }, { revision: 1, kind: 'opened', points: 0 },
    ]);
    expect(found[5]).toMatchObject({ explanation: [expect.stringContaining('→ 10 puntos, válidos hasta el 2026-04-01')] });
    const english = await get(`/v1/members/${wallet.member}/entries?limit=1`, { 'accept-language': 'en' });
    expect(english.body).toMatchObject({ entries: [{ reason: 'Points spent' }] });
  });

  it('given movements of three days, when asked for days and for instants, then a last day is included whole in the zone of the programme', async () => {
    const wallet = someone();
    const lateAtNight = Date.parse('2026-03-02T22:30:00Z'); // 23:30 in Madrid
    const afterMidnight = Date.parse('2026-03-02T23:30:00Z'); // 00:30 of the 3rd
    rig.clock.set(NOON + 2 * DAY);
    await rig.ledger.handleMany([earn(wallet, 'a', { points: 1, at: NOON - DAY }), earn(wallet, 'b', { points: 2, at: lateAtNight }), earn(wallet, 'c', { points: 3, at: afterMidnight })]);
    const points = async (query: string) => entriesAnswer.parse((await get(`/v1/members/${wallet.member}/entries?${query}`)).body).entries
      .filter(({ kind }) => kind === 'earned').map((entry) => entry.points);
    expect(await points('to=2026-03-02')).toEqual([2, 1]);
    expect(await points('from=2026-03-02&to=2026-03-02')).toEqual([2]);
    expect(await points('from=2026-03-03')).toEqual([3]);
    expect(await points(`from=${new Date(lateAtNight).toISOString()}&to=${new Date(afterMidnight).toISOString()}`)).toEqual([2]);
  });

  it.each([
    ['limit=101', '/query/limit'], ['limit=0', '/query/limit'], ['cursor=bm9wZQ', '/query/cursor'], ['from=yesterday', '/query/from'], ['page=2', '/query/page'],
  ])('given %s, when asked, then it is refused with a pointer', async (query, pointer) => {
    const { status, body } = await get(`/v1/members/${someone().member}/entries?${query}`);
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'invalidRequest', errors: [{ pointer }] });
  });

  it('given no key, a key without the scope, or no member id, when asked, then 401, 403 and 422', async () => {
    const path = `/v1/members/${someone().member}/balance`;
    expect((await get(path, { authorization: 'Bearer nobody' })).status).toBe(401);
    expect((await get(path, { authorization: 'Bearer stranger' })).status).toBe(403);
    expect((await get('/v1/members/somebody/balance')).status).toBe(422);
  });
});
