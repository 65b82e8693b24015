import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { eventually } from '@trebol/testing';
import type { TrebolClient } from './command-line/client.ts';
import type { ImportAnswer } from './command-line/commands/import.ts';
import { prepare, writeSample } from './testing/online-retail-sample.ts';
import { endLeftOver, refusal, serve, type Served } from './testing/platform-process.ts';

const HEADER = '"InvoiceNo","StockCode","Description","Quantity","InvoiceDate","UnitPrice","CustomerID","Country"';
const ticket = (change: object) => ({
  type: 'sale', storeId: 'spain', workstationId: '1', businessDay: '2026-02-10', sequence: '77', occurredAt: '2026-02-10T12:00:00+01:00', currency: 'GBP',
  lines: [{ line: 1, sku: 'A', quantity: 1, amount: 100 }], ...change,
});

describe('bad input', () => {
  let base: string;
  let served: Served;
  let client: TrebolClient;

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'trebol-bad-'));
    served = await serve(base);
    ({ client } = served);
    await writeSample(join(base, 'sample.csv.gz'), 3_000);
    await prepare(client, join(base, 'sample.csv.gz'));
  }, 60_000);
  afterAll(async () => {
    served.process.child.kill('SIGTERM');
    await served.process.ended;
    await endLeftOver(base);
    await rm(base, { recursive: true, force: true });
  }, 60_000);

  const imported = async (content: Buffer, type: string): Promise<ImportAnswer> => {
    const started = await client.send<ImportAnswer>(
      'POST', '/v1/imports?format=onlineRetail&history=true',
      { stream: { content: Readable.from([content]), type } }
    );
    return eventually(async () => {
      const job = await client.get<ImportAnswer>(`/v1/imports/${started.importId}`);
      return job.state === 'done' || job.state === 'failed' ? job : undefined;
    }, 'the import has ended');
  };
  const sumOf = ({ read: _read, ...others }: ImportAnswer['rows']): number => Object.values(others).reduce(
    (sum, count) => sum + count, 0
  );

  it('given a truncated gzip, when it is imported, then what could be read is applied, the job says where it broke, and the counts add up', async () => {
    const whole = await readFile(join(base, 'sample.csv.gz'));
    const job = await imported(whole.subarray(0, Math.floor(whole.length / 2)), 'application/gzip');
    expect(job.state).toBe('failed');
    expect(job.failure?.detail).toBeTruthy();
    expect(job.rows['read']).toBeGreaterThan(0);
    expect(sumOf(job.rows)).toBe(job.rows['read']);
  });

  it('given a file with the wrong columns, when it is imported, then the job names them and nothing is applied', async () => {
    const job = await imported(Buffer.from('"Invoice","Stock"\n"1","2"\n'), 'text/csv');
    expect(job.state).toBe('failed');
    expect(job.failure?.detail).toMatch(/InvoiceNo/);
    expect(job.rows['rated']).toBe(0);
  });

  it('given rows that make no sense among good ones, when they are imported, then each is rejected with its row, and the rest goes on', async () => {
    const rows = [
      HEADER,
      '"990001","A","GOOD",2,2011-05-05 10:00:00,1.50,17850,"United Kingdom"',
      '"990002","A","NEGATIVE ON A SALE",-3,2011-05-05 10:01:00,1.50,17850,"United Kingdom"',
      '"990003","A","NO SUCH DAY",1,2011-02-30 10:00:00,1.50,17850,"United Kingdom"',
      '"990004","A","NO SUCH STORE",1,2011-05-05 10:00:00,1.50,17850,"Atlantis"',
      '"990005","A","HALF A PIECE",1.5,2011-05-05 10:00:00,1.50,17850,"United Kingdom"',
      '"990006","A"',
    ];
    const job = await imported(Buffer.from(`${rows.join('\n')}\n`), 'text/csv');
    expect(job).toMatchObject({ state: 'done', rows: { read: 6, rated: 1, rejected: 5 } });
    const rejects = await client.text(`/v1/imports/${job.importId}/rejects`);
    expect(
      rejects.trim().split('\r\n').slice(1).map((line) => line.split(',')[0]).toSorted()
    ).toEqual(['3', '4', '5', '6', '7']);
  });

  it.each([
    ['a fractional point', { tenders: [{ kind: 'points', amount: 10, points: 1.5 }] }, '/tenders/0/points'],
    [
      'a negative quantity on a sale', { lines: [{ line: 1, sku: 'A', quantity: -1, amount: 100 }] },
      '/lines/0/quantity',
    ],
    ['an unknown field', { colour: 'red' }, '/colour'],
    ['a day that does not exist', { businessDay: '2026-02-30' }, '/businessDay'],
    [
      'an amount with decimals', { lines: [{ line: 1, sku: 'A', quantity: 1, amount: 1.01 }] },
      '/lines/0/amount',
    ],
  ])('given %s, when the ticket is sent, then the answer points at it', async (_what, change, pointer) => {
    const refused = await refusal(client.post('/v1/transactions', ticket(change)));
    expect(refused.status).toBe(422);
    expect(refused.problem.errors).toEqual(expect.arrayContaining([expect.objectContaining({ pointer })]));
  });

  it('given a body over the limit, when it is sent, then the answer is 413 and the process serves on', async () => {
    const status = await new Promise<number | undefined>((done, fail) => {
      const headers = {
        authorization: `Bearer ${served.key}`, 'content-type': 'application/json',
        'content-length': 9 * 1024 * 1024,
      };
      // Only announced, not sent: an answer that comes while megabytes are still on their way may be lost
      // with the connection.
      const sent = request(
        `${served.url}/v1/transactions`, { method: 'POST', headers },
        (answer) => { done(answer.statusCode); sent.destroy(); }
      );
      sent.once('error', fail);
      sent.write('{');
    });
    expect(status).toBe(413);
    expect((await fetch(`${served.url}/livez`)).status).toBe(200);
  });

  it('given an upload type on a route that takes JSON, when it is sent, then the answer is 415', async () => {
    const refused = await refusal(
      client.send(
        'POST', '/v1/transactions',
        { stream: { content: Readable.from([Buffer.from('a,b')]), type: 'text/csv' } }
      )
    );
    expect(refused.status).toBe(415);
  });

  it('given a Spanish reader, when a request is refused, then the words are Spanish and the code is the same', async () => {
    const answer = await fetch(`${served.url}/v1/transactions`, {
      method: 'POST', headers: {
        authorization: `Bearer ${served.key}`, 'content-type': 'application/json', 'accept-language': 'es-ES',
      }, body: JSON.stringify(ticket({ colour: 'rojo' })),
    });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({
      code: 'invalidRequest', detail: expect.stringMatching(/petición|solicitud|campo/i) as unknown,
    });
  });
});
