import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@trebol/testing';
import type { EarningServices } from '../index.ts';
import { correctionOf, line, memberId, openRig, type Rig, sale, TENANT } from '../../test/rig.ts';
import { importAnswer, importShown } from './import-answer.ts';
import type { ImportFormat, ImportJob } from './import-table.ts';
import type { Counts } from './tally.ts';

const HEADING = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
const ANA = memberId(1);
let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
  await rig.enrol(ANA, '17850');
  await rig.earning.stores.put(
    TENANT, { storeId: 'united-kingdom', name: 'UK', zone: 'Europe/London', currency: 'GBP', country: 'United Kingdom' },
  );
});
afterEach(() => rig.close());

const row = (invoice: string, rest: string): string => `${invoice},85123A,HEART,${rest},United Kingdom`;
const fileOf = async (name: string, rows: readonly string[]): Promise<string> => {
  const path = join(rig.folder, name);
  await writeFile(path, name.endsWith('.gz') ? gzipSync([HEADING, ...rows, ''].join('\n')) : [HEADING, ...rows, ''].join('\n'));
  return path;
};
const run = (
  path: string,
  more: { format?: ImportFormat; history?: boolean; earning?: EarningServices; signal?: AbortSignal; onProgress?: () => void } = {},
): Promise<ImportJob> =>
  (more.earning ?? rig.earning).imports.importFile({
    tenant: TENANT, source: { path }, format: more.format ?? 'onlineRetail', history: more.history ?? true,
    signal: more.signal, onProgress: more.onProgress,
  });
const rejectsOf = async (job: ImportJob) => (await rig.earning.importTable.rejects(job, { limit: 100 }))
  .map(({ row: at, field, code, excerpt }) => [at, field, code, excerpt]);
const sum = (counts: Counts): number => Object.values(counts).reduce((total, count) => total + count, -counts.read);
const addsUp = ({ tally }: ImportJob): void => {
  expect(tally.rejectedBy.reduce((total, { rows }) => total + rows, 0)).toBe(tally.rows.rejected);
  expect([tally.rows.read, tally.tickets.read]).toEqual([sum(tally.rows), sum(tally.tickets)]);
};
const stamp = '2010-12-01 08:26:00';
/** n invoices of two rows each, 5.10 a ticket, by turns with card and without. */
const invoices = (n: number): readonly string[] => Array.from(
  { length: n }, (_, index) => String(600_000 + index),
).flatMap((invoice, index) =>
  [row(invoice, `1,${stamp},2.55,${index % 2 === 0 ? '17850' : ''}`), row(invoice, `1,${stamp},2.55,${index % 2 === 0 ? '17850' : ''}`)]);

describe('importing a file', () => {
  it('given good and bad rows, then the counts add up to the rows read, and the same file again says that nothing changed', async () => {
    const path = await fileOf('mixed.csv.gz', [
      row('536365', `6,${stamp},2.55,17850`), row('536365', `6,${stamp},3.39,17850`), row('536366', `1,${stamp},1.00,`),
      row('C536367', `-1,${stamp},1.00,17850`),
      row('A536368', `1,${stamp},1.00,`), row('536369', `-1,${stamp},1.00,`),
      `536370,85123A,HEART,1,${stamp},1.00,17850,Atlantis`, 'x', row('536371', `1,${stamp},1.00,99999`),
    ]);
    const first = await run(path);
    expect(first).toMatchObject({ state: 'done', failure: undefined });
    expect(first.tally.rows).toEqual(
      { read: 9, rated: 2, withoutMember: 2, awaitingOriginal: 1, tooOld: 0, quarantined: 0, rejected: 4, unchanged: 0 },
    );
    expect(first.tally.tickets).toEqual(
      { read: 5, rated: 1, withoutMember: 2, awaitingOriginal: 1, tooOld: 0, quarantined: 0, rejected: 1, unchanged: 0 },
    );
    expect(first.tally.points).toEqual({ earned: 35, reversed: 0 });
    const rejects = await rig.earning.importTable.rejects(first, { limit: 100 });
    expect(rejects.map(({ row: at, field, code }) => [at, field, code])).toEqual([
      [6, 'InvoiceNo', 'badDebtAdjustment'], [7, 'Quantity', 'quantityNotPositive'], [8, 'Country', 'unknownStore'],
      [9, '', 'tooFewColumns'],
    ]);
    const again = await run(path);
    expect(again.tally.rejectedBy).toEqual(first.tally.rejectedBy);
    expect(again.importId).not.toBe(first.importId);
    expect(again.tally.rows).toEqual({ ...first.tally.rows, rated: 0, withoutMember: 0, awaitingOriginal: 0, unchanged: 5 });
    expect((await rig.wallet(ANA)).balance.available).toBe(35);
    for (const job of [first, again]) addsUp(job);
  });

  it('given rows rejected for several reasons, then the job says how many for each, most frequent first, in both languages', async () => {
    const path = await fileOf('reasons.csv', [
      row('1', `0,${stamp},5.00,17850`), 'x', 'y', row('2', `1,${stamp},5.00,17850`), 'z', row('3', `-1,${stamp},5.00,17850`),
      `4,85123A,HEART,1,${stamp},1.00,17850,Atlantis`,
    ]);
    const job = await run(path);
    addsUp(job);
    expect(importAnswer(job, 'es').rejectedBy).toEqual([
      { code: 'tooFewColumns', rows: 3, sentence: 'A la fila le faltan columnas.', first: {
        row: 3, column: '', message: 'A la fila le faltan columnas.',
      } },
      { code: 'quantityNotPositive', rows: 2, sentence: expect.stringMatching(/positiva/), first: {
        row: 2, column: 'Quantity', message: expect.stringMatching(/positiva/),
      } },
      { code: 'unknownStore', rows: 1, sentence: 'La tienda no está en el registro de tiendas.', first: {
        row: 8, column: 'Country', message: expect.anything(),
      } },
    ]);
    expect(importShown.safeParse(importAnswer(job, 'en')).error).toBeUndefined();
    await rig.dataSource.query(`UPDATE earning.import_job SET counts = (counts::jsonb - 'rejectedBy')::text`); // one of before
    expect((await rig.earning.importTable.get(TENANT, job.importId))?.tally.rejectedBy).toEqual([]);
  });

  it('given a file of the past without saying so, then its tickets are too old; changed content later is quarantined, once', async () => {
    const old = await run(await fileOf('old.csv', [row('1', `1,${stamp},5.00,17850`)]), { history: false });
    expect(old.tally.rows).toMatchObject({ read: 1, tooOld: 1 });
    expect(await rejectsOf(old)).toEqual([[2, 'InvoiceDate', 'tooOld', 'united-kingdom~1~2010-12-01~1']]);
    const changed = await fileOf('changed.csv', [row('1', `2,${stamp},5.00,17850`)]);
    const quarantined = await run(changed);
    expect(quarantined.tally.rows).toMatchObject({ read: 1, quarantined: 1 });
    expect(await rejectsOf(quarantined)).toEqual([[2, 'InvoiceNo', 'quarantined', 'united-kingdom~1~2010-12-01~1']]);
    const again = await run(changed);
    expect(again.tally.rows).toMatchObject({ read: 1, unchanged: 1 });
    expect(await rejectsOf(again)).toEqual([]);
  });

  it('given an import that is cut short after any batch, when the same file is sent again, then it goes on and ends as if nothing had happened', async () => {
    const path = await fileOf('long.csv.gz', invoices(2_500));
    const stop = new AbortController();
    await expect(run(path, { signal: stop.signal, onProgress: () => stop.abort() })).rejects.toThrow();
    const [open] = await rig.earning.importTable.openJobs();
    expect(open).toMatchObject({ state: 'running', itemsDone: 1_000, tally: { rows: { read: 2_000 } } });
    const resumed = await run(path, { earning: rig.restarted() });
    expect(resumed).toMatchObject({ importId: open?.importId, state: 'done' });
    expect(resumed.tally.rows).toMatchObject({ read: 5_000, rated: 2_500, withoutMember: 2_500, unchanged: 0 });
    expect((await rig.wallet(ANA)).balance.available).toBe(1_250 * 5);
  });

  it('given a gzip that is cut off, then what was read is applied, it says where it broke, the counts add up, and the whole file adds the rest', async () => {
    const path = await fileOf('whole.csv.gz', invoices(2_000));
    const bytes = await readFile(path);
    const cut = join(rig.folder, 'cut.csv.gz');
    await writeFile(cut, bytes.subarray(0, Math.trunc(bytes.length * 0.6)));
    const broken = await run(cut);
    expect(broken).toMatchObject({ state: 'failed', failure: { code: 'truncatedGzip', atByte: Math.trunc(bytes.length * 0.6) } });
    expect(broken.failure?.atRow).toBe(broken.tally.rows.read + 1);
    addsUp(broken);
    expect(broken.tally.tickets.rated).toBeGreaterThan(100);
    const whole = await run(path);
    addsUp(whole);
    expect(whole.tally.rows).toMatchObject(
      { read: 4_000, quarantined: 0, rejected: 0, unchanged: broken.tally.rows.rated + broken.tally.rows.withoutMember },
    );
    expect((await rig.wallet(ANA)).balance.available).toBe(5_000);
  });

  it('given another table, then the import fails and names the columns', async () => {
    const path = join(rig.folder, 'wrong.csv');
    await writeFile(path, 'a,b\n1,2\n');
    expect(await run(path)).toMatchObject(
      { state: 'failed', failure: { code: 'wrongColumns', missing: expect.arrayContaining(['InvoiceNo']), unexpected: ['a', 'b'] } },
    );
  });

  it('given a file that is empty, no text, or rubbish beyond its first row, then it says so and nothing of it can command a terminal', async () => {
    const written = async (content: string | Buffer, format: ImportFormat = 'onlineRetail'): Promise<ImportJob> => {
      await writeFile(join(rig.folder, 'bad'), content);
      return run(join(rig.folder, 'bad'), { format });
    };
    expect(await written('')).toMatchObject({ state: 'failed', failure: { code: 'emptyFile' } });
    expect(await written('', 'ndjson')).toMatchObject({ state: 'done', tally: { rows: { read: 0 } } });
    for (const format of ['onlineRetail', 'ndjson'] as const) {
      expect(await written(Buffer.from([0, 1, 2, 3]), format)).toMatchObject({ state: 'failed', failure: { code: 'notText', atRow: 0 } });
    }
    const job = await written(`${HEADING}\n\u001B[2J\u009B\n`);
    expect(await rejectsOf(job)).toEqual([[2, '', 'tooFewColumns', '\uFFFD[2J\uFFFD']]);
  });

  it('given a store whose currency has no minor unit, then the prices of the log are in its units', async () => {
    await rig.earning.stores.put(TENANT, { storeId: 'japan', name: 'JP', zone: 'Asia/Tokyo', currency: 'JPY', country: 'Japan' });
    await run(await fileOf('yen.csv', [`700001,85123A,HEART,3,${stamp},250,17850,Japan`]));
    expect((await rig.wallet(ANA)).balance.available).toBe(750);
  });

  it('given ndjson of tickets, returns with their sales among them, then every line is taken or rejected with its pointer', async () => {
    const path = join(rig.folder, 'tickets.ndjson');
    const card = { identification: { kind: 'card', value: '17850' } } as const;
    const lines = [
      correctionOf(
        'return', '2', '1', [{ line: 1, quantity: 1 }],
      ), sale('1', [line(1, 1_000, 2)], card), { ...sale('3', [line(1, 100)]), extra: 1 },
      { ...sale('4', [line(1, 100)]), storeId: 'nowhere' }, correctionOf('return', '5', '1', [{ line: 1, quantity: 9 }]),
    ].map((value) => JSON.stringify(value));
    await writeFile(path, `${[...lines, '{"cut', ''].join('\n')}\n`);
    const job = await run(path, { format: 'ndjson', history: false });
    expect(job.tally.rows).toMatchObject({ read: 6, rated: 2, rejected: 4 });
    addsUp(job);
    const rejects = await rig.earning.importTable.rejects(job, { limit: 100 });
    expect(rejects.map(({ row: at, field, code }) => [at, field, code])).toEqual([
      [3, '/extra', 'unknownField'], [4, '/storeId', 'unknownStore'], [5, '/lines/0/quantity', 'returnedMoreThanBought'],
      [6, '', 'malformedJson'],
    ]);
    expect(rejects[0]).toMatchObject({ excerpt: '1', message: { es: 'Campo desconocido', en: 'Unknown field' } });
    expect((await rig.wallet(ANA)).balance.available).toBe(5);
  });

  it('given a row with many faults, then all of them are listed, 8 at most, each field once, and the row counts once', async () => {
    const path = join(rig.folder, 'faults.ndjson');
    const long = 'x'.repeat(100);
    const unknown = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`u${n}`, n]));
    const lines = [
      { ...sale('1', [line(1, 100)]), currency: 'euro', sequence: 7, colour: 'red' }, { ...sale('2', [line(1, 100)]), ...unknown },
      { ...sale('3', [line(1, 100)]), [`${long}a`]: 1, [`${long}b`]: 1 }, sale('4', [line(1, 100), line(1, 100)], { currency: 'GBP' }),
    ].map((value) => JSON.stringify(value));
    await writeFile(path, `${lines.join('\n')}\n`);
    const job = await run(path, { format: 'ndjson', history: false });
    expect(job.tally.rows).toMatchObject({ read: 4, rejected: 4 });
    addsUp(job);
    const rejects = await rejectsOf(job);
    expect(rejects.filter(([at]) => at === 1)).toEqual([
      [1, '/colour', 'unknownField', 'red'], [1, '/currency', 'invalidField', 'euro'], [1, '/sequence', 'invalidField', '7'],
    ]);
    expect([2, 3].map((row) => rejects.filter(([at]) => at === row).length)).toEqual([8, 1]);
    expect(rejects.filter(([at]) => at === 4).map(([, field, code]) => [field, code])).toEqual(
      [['/currency', 'currencyNotOfStore'], ['/lines/1/line', 'duplicateLineNumber']],
    );
    expect(job.rejectsKept).toBe(14);
    const pages: unknown[] = [];
    for (let after = { row: 0, field: '' }; ;) {
      const [next] = await rig.earning.importTable.rejects(job, { after, limit: 1 });
      if (!next) break;
      pages.push([next.row, next.field]);
      after = next;
    }
    expect(pages).toEqual(rejects.map(([at, field]) => [at, field]));
  });

  it('given the platform failing for a while, then the import goes on by itself and ends the same', async () => {
    let down = true;
    const flaky = rig.restarted({ ...rig.ledger, handleMany: async (commands) => {
      if (!down) return rig.ledger.handleMany(commands);
      down = false;
      throw new Error('not now');
    } });
    let over = false;
    const importing = run(await fileOf('flaky.csv', invoices(1_500)), { earning: flaky }).finally(() => { over = true; });
    await eventually(() => {
      rig.clock.advance(1_000); // the pause before the next attempt
      return over;
    });
    const job = await importing;
    expect(rig.failures).toHaveLength(1);
    expect(job).toMatchObject({ state: 'done', tally: { rows: { read: 3_000, unchanged: 0 } } });
    await flaky.sweeper.runOnce({ graceSeconds: 0 });
    expect((await rig.wallet(ANA)).balance.available).toBe(750 * 5);
  });

  it('given more rejects than are kept, then the rest is counted', async () => {
    const job = await run(await fileOf('bad.csv', Array.from({ length: 10_050 }, () => 'x')));
    expect(job).toMatchObject({ rejectsKept: 10_000, tally: { rows: { read: 10_050, rejected: 10_050 } } });
  });
});
