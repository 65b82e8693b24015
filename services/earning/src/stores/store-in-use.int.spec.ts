import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { correctionOf, keyOf, line, memberId, openRig, type Rig, sale, take, TENANT } from '../../test/rig.ts';
import { StoresInUse1764000000005 } from '../migrations/stores-in-use.ts';
import type { Store } from '../store.ts';
import { inTransaction } from '../transaction.ts';

let rig: Rig;
const ANA = memberId(1);
const EUROS: Store = { storeId: 's1', name: 'One', zone: 'Europe/Madrid', currency: 'EUR', country: 'Spain' };
const POUNDS: Store = { ...EUROS, currency: 'GBP' };

beforeEach(async () => {
  rig = await openRig();
  await rig.enrol(ANA, 'C1');
});
afterEach(() => rig.close());

const refused = { status: 'refused', reason: 'storeInUse' };

describe('a store in use', () => {
  it('given a store with a ticket, when currency or zone are to change, then it is refused, and the same ticket has its first answer', async () => {
    const ticket = sale('1', [line(1, 1_000)]);
    await take(rig.earning, [ticket]);
    for (const change of [POUNDS, { ...EUROS, zone: 'Europe/London' }]) {
      for (let delivery = 0; delivery < 2; delivery += 1) expect(await rig.earning.stores.put(TENANT, change)).toEqual(refused);
    }
    expect(await rig.earning.tickets.take(TENANT, ticket, 'en')).toMatchObject({ replayed: true, answer: { points: { earned: 10 } } });
    const renamed = { ...EUROS, name: 'Uno', region: 'Centro' };
    expect(await rig.earning.stores.put(TENANT, renamed)).toEqual({ status: 'registered', store: renamed });
    expect(await rig.earning.stores.list(TENANT, { limit: 1 })).toEqual([renamed]);
  });

  it('given a store whose tickets were all refused or only previewed, then it may still change', async () => {
    expect(await take(rig.earning, [sale('1', [line(1, 1_000)], { currency: 'GBP' })])).toEqual(['refused']);
    await rig.earning.tickets.preview(TENANT, sale('1', [line(1, 1_000)]), 'en');
    expect(await rig.earning.stores.put(TENANT, POUNDS)).toEqual({ status: 'registered', store: POUNDS });
    expect(await take(rig.earning, [sale('1', [line(1, 1_000)], { currency: 'GBP' })])).toEqual(['rated']);
  });

  it('given another process that has seen a store before it changed, then it takes tickets by the terms of now', async () => {
    const other = rig.restarted();
    await other.stores.find(TENANT, ['s1']);
    expect(await take(other, [sale('1', [line(1, 1_000)], { currency: 'GBP' })])).toEqual(['refused']);
    await rig.earning.stores.put(TENANT, POUNDS);
    expect(await take(other, [sale('2', [line(1, 1_000)]), sale('3', [line(1, 1_000)], { currency: 'GBP' })])).toEqual(['refused', 'rated']);
  });

  it('given a change and the first ticket at one moment, then the change waits for the ticket and is refused', async () => {
    let put: Promise<unknown> | undefined;
    await inTransaction(rig.dataSource, async (client) => {
      await rig.earning.stores.findToUse(TENANT, ['s1'], client);
      put = rig.earning.stores.put(TENANT, POUNDS);
      await rig.earning.stores.use(TENANT, ['s1'], client);
    });
    expect(await put).toEqual(refused);
  });

  it('given a ticket whose store has another currency by now, when it is sent again, then it is known all the same', async () => {
    const ticket = sale('1', [line(1, 1_000)]);
    await take(rig.earning, [ticket]);
    await rig.dataSource.query(`UPDATE earning.store SET currency = 'GBP'`); // as before stores in use were refused a change
    const restarted = rig.restarted();
    expect(await take(restarted, [ticket, sale('1', [line(1, 9_000)]), sale('2', [line(1, 1_000)])])).toEqual(['duplicate', 'refused', 'refused']);
    const back = { ...correctionOf('return', '3', '1', [{ line: 1, quantity: 1 }]), currency: 'GBP' };
    for (let delivery = 0; delivery < 2; delivery += 1) {
      await expect(restarted.tickets.take(TENANT, back, 'en')).rejects.toMatchObject({ code: 'ticketRejected' });
    }
    expect(await restarted.tickets.show(TENANT, keyOf('3'), 'es')).toMatchObject({
      status: 'rejected', reason: 'currencyNotOfOriginal', reasonPointer: '/currency', reasonText: 'La moneda no es la del tique original.',
    });
    expect((await rig.wallet(ANA)).balance.available).toBe(10);
  });

  it('given a wrong ticket twice in one batch and the right one after it, then the right one is taken', async () => {
    const wrong = sale('1', [line(1, 1_000)], { currency: 'GBP' });
    expect(await take(rig.earning, [wrong, wrong, sale('1', [line(1, 1_000)])])).toEqual(['refused', 'refused', 'rated']);
  });

  it('given an imported store, when its zone is to change, then it is refused and the file sent again changes nothing', async () => {
    const path = join(rig.folder, 'a.csv');
    await rig.earning.stores.put(TENANT, { ...POUNDS, storeId: 'united-kingdom', zone: 'Europe/London' });
    await writeFile(path, ['InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
      '1,A,B,1,2010-12-01 08:26:00,5.00,C1,United Kingdom', ''].join('\n'));
    const importIt = () => rig.earning.imports.importFile({ tenant: TENANT, source: { path }, format: 'onlineRetail', history: true });
    expect((await importIt()).tally.tickets).toMatchObject({ read: 1, rated: 1 });
    expect(await rig.earning.stores.put(TENANT, { ...POUNDS, storeId: 'united-kingdom' })).toEqual(refused);
    expect((await importIt()).tally.tickets).toMatchObject({ read: 1, unchanged: 1 });
  });

  it('given stores of before, when the tables are brought up to date, then those with tickets are in use and no others', async () => {
    await take(rig.earning, [sale('1', [line(1, 1_000)])]);
    for (const storeId of ['s', 's10']) await rig.earning.stores.put(TENANT, { ...EUROS, storeId });
    const migration = new StoresInUse1764000000005();
    const runner = rig.dataSource.createQueryRunner();
    await migration.down(runner);
    await migration.up(runner);
    await runner.release();
    expect(await rig.dataSource.query('SELECT store_id, in_use FROM earning.store ORDER BY store_id')).toEqual([
      { store_id: 's', in_use: false }, { store_id: 's1', in_use: true }, { store_id: 's10', in_use: false },
    ]);
  });
});
