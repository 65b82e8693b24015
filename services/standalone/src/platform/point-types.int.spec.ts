import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { programmeOf, programmeVariables } from '@trebol/chassis';
import { freshDatabase } from '@trebol/testing';
import { Caller } from '../testing/surface-tour.ts';
import { openPlatform } from './open-platform.ts';
import type { Platform } from './platform.ts';

const NOON = Date.parse('2026-02-10T11:00:00Z');
const CARD = '2900000000018';
const example = (): Promise<string> => readFile(new URL('../../../../examples/rules/qualifying.yaml', import.meta.url), 'utf8');

/** The whole platform with points to spend, points that count, and a year in which goods may come back. */
describe('a programme with qualifying points', () => {
  let base: string;
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let platform: Platform;
  let caller: Caller;
  let memberId: string;

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'trebol-types-'));
    database = await freshDatabase();
    platform = await openPlatform({
      dataFolder: join(base, 'data'), databaseUrl: database.url, host: '127.0.0.1', port: 0, open: false, logLevel: 'silent', create: true,
      sandboxFrom: NOON, firstKey: true,
      programme: programmeOf(programmeVariables.parse({ TREBOL_POINT_TYPES: 'points,status:qualifying', TREBOL_RETURN_WINDOW_DAYS: '365' })),
    });
    caller = new Caller(platform.url, platform.adminKey ?? '');
    await caller.ask('PUT', '/v1/stores/m1', { body: { name: 'Madrid 1', zone: 'Europe/Madrid', currency: 'EUR', country: 'ES' } });
    ({ memberId = '' } = await caller.post('/v1/members', { name: 'Ana', identifiers: [{ kind: 'card', value: CARD }] }));
    const text = (await example()).replace('returnWindowDays: 30', 'returnWindowDays: 365').replace('months: 12', 'months: 24');
    const applied = await caller.ask('POST', '/v1/rules/versions', { text, type: 'application/yaml' });
    await caller.post(`/v1/rules/versions/${applied['version'] ?? ''}/activate`);
  }, 60_000);
  afterAll(async () => {
    await platform?.stop();
    await database.drop();
    await rm(base, { recursive: true, force: true });
  });

  const day = (at: string) => ({ businessDay: at.slice(0, 10), occurredAt: at });
  const sale = (sequence: string, at: string, amount: number) => ({
    type: 'sale', storeId: 'm1', workstationId: '1', sequence, currency: 'EUR', ...day(at),
    identification: { kind: 'card', value: CARD }, lines: [{ line: 1, sku: 'A', quantity: 2, amount }],
  });
  const back = (sequence: string, at: string, of: { readonly businessDay: string; readonly sequence: string }) => ({
    type: 'return', storeId: 'm1', workstationId: '1', sequence, currency: 'EUR', ...day(at),
    lines: [{ line: 1, sku: 'A', quantity: 1, amount: 0, originalLine: 1 }],
    original: { storeId: 'm1', workstationId: '1', businessDay: of.businessDay, sequence: of.sequence },
  });
  const balance = async (): Promise<unknown> => caller.get(`/v1/members/${memberId}/balance`);
  const clean = async (): Promise<void> => {
    await platform.settled();
    expect((await platform.verify()).differences).toEqual([]);
  };

  it('given a purchase, then both types have it, and a return takes back both', async () => {
    const bought = sale('1', '2026-02-10T13:00:00+01:00', 20_000);
    expect(await caller.post('/v1/transactions', bought)).toMatchObject({
      status: 'posted', points: { earned: 200 }, balance: { available: 200 }, others: [{ pointType: 'status', earned: 400 }],
    });
    expect(await caller.post('/v1/transactions', back('2', '2026-02-10T13:00:00+01:00', bought))).toMatchObject({
      status: 'posted', points: { reversed: 100 }, others: [{ pointType: 'status', reversed: 200, balance: { available: 200, debt: 0 } }],
    });
    expect(await balance()).toMatchObject({
      available: 100, others: [{
        pointType: 'status', kind: 'qualifying', available: 200, debt: 0, expiring: [{ validThrough: '2026-12-31', points: 200 }],
      }],
    });
  });

  it('given lots and movements, then those of a type are shown when it is named, and a type that there is not is refused', async () => {
    const path = `/v1/members/${memberId}`;
    expect(await caller.get(`${path}/balance?pointType=status`)).not.toHaveProperty('others');
    expect(await caller.get(`${path}/lots?pointType=status`)).toMatchObject({ lots: [{ granted: 400, remaining: 200 }] });
    expect(await caller.get(`${path}/entries?pointType=status`)).toMatchObject({
      entries: [{ kind: 'reversed', points: -200 }, { kind: 'earned', points: 400, explanation: [expect.stringContaining('400 points "status"')] }, {}],
    });
    expect(await caller.get(`${path}/entries`)).toMatchObject({ entries: [{ points: -100 }, { points: 200 }, {}] });
    expect(await caller.get(`${path}/lots?pointType=gold`)).toMatchObject({ code: 'invalidRequest', errors: [{ pointer: '/query/pointType' }] });
  });

  it('given points that count, when they are to be redeemed, then that is refused, and points are redeemed as ever', async () => {
    expect(await caller.post('/v1/redemptions', { memberId, points: 1, pointType: 'status' })).toMatchObject({ code: 'pointsNotSpendable', status: 422 });
    expect(await caller.post('/v1/redemptions', { memberId, points: 30 })).toMatchObject({ balance: { available: 70 } });
    await clean();
  });

  it('given a new year and goods that come back within their window, then status points have lapsed, and the return still finds its sale', async () => {
    const june = sale('3', '2026-06-01T12:00:00+02:00', 10_000);
    await caller.post('/v1/test-clock/advance', { to: '2026-06-01T12:00:00Z' });
    await caller.post('/v1/transactions', june);
    await caller.post('/v1/test-clock/advance', { to: '2027-02-01T12:00:00Z' });
    expect(await balance()).toMatchObject({ available: 170, others: [{ pointType: 'status', available: 0 }] });
    // 245 days later, in another period of the books; status points that time has taken are not asked for again.
    expect(await caller.post('/v1/transactions', back('4', '2027-02-01T12:00:00+01:00', june))).toMatchObject({
      status: 'posted', points: { reversed: 50 }, balance: { available: 120, debt: 0 },
      others: [{ pointType: 'status', reversed: 100, balance: { available: 0, debt: 0 } }],
    });
    await clean();
  }, 60_000);

  it('given a version that takes goods back for longer than the programme carries, then it is refused, and says what to do', async () => {
    const text = (await example()).replace('returnWindowDays: 30', 'returnWindowDays: 366');
    expect(await caller.ask('POST', '/v1/rules/versions', { text, type: 'application/yaml' })).toMatchObject({
      code: 'invalidRequest', errors: [{ pointer: '/programme/returnWindowDays', message: expect.stringContaining('raise TREBOL_RETURN_WINDOW_DAYS') }],
    });
  });

  it('given read models that are built anew, then every type is in them', async () => {
    await platform.rebuild();
    await clean();
    const { versions } = await caller.get('/v1/rules') as unknown as { versions: readonly unknown[] };
    expect(versions).toHaveLength(2);
  });
});
