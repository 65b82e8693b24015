import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpApplication, Health } from '@trebol/chassis';
import { eventually, sequentialIds } from '@trebol/testing';
import { correctionOf, keyOf, line, memberId, openRig, type Rig, sale } from '../test/rig.ts';
import { earningModule } from './index.ts';

type App = Awaited<ReturnType<typeof createHttpApplication>>;
let rig: Rig;
let app: App;
const ANA = memberId(1);

beforeAll(async () => {
  rig = await openRig();
  await rig.enrol(ANA, 'C1');
  const parts = {
    clock: rig.clock, ids: sequentialIds(), dataSource: rig.dataSource, bus: rig.bus, ledger: rig.ledger,
    identifierKey: Buffer.alloc(32, 7), dataFolder: rig.folder,
  };
  app = await createHttpApplication(earningModule(parts, rig.earning), {
    ids: sequentialIds(), health: new Health(rig.clock), logger: false, documentation: { title: 'test', version: '0' },
    streamedTypes: ['application/gzip', 'text/csv', 'application/x-ndjson', 'application/yaml'],
    // The key names the tenant, and the store it is bound to.
    access: { keys: { verify: async (key: string) => {
      const [tenant = 'main', storeId] = key.split('/');
      return { tenant, keyId: `key_${tenant}`, scopes: ['*'], ...(storeId === undefined ? {} : { storeId }) };
    } } },
  });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});
afterAll(async () => {
  await app.close();
  await rig.close();
});

interface Call { readonly body?: unknown; readonly as?: string; readonly language?: string; readonly type?: string }

async function call(method: 'GET' | 'POST' | 'PUT', url: string, { body, as = 'main', language = 'en', type }: Call = {}) {
  const response = await app.inject({
    method, url, ...(body === undefined ? {} : { payload: body as object }),
    headers: { authorization: `Bearer ${as}`, 'accept-language': language, ...(type === undefined ? {} : { 'content-type': type }) },
  });
  const text = response.body;
  const json = (): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
  return {
    status: response.statusCode, text, body: text.startsWith('{') ? json() : {},
    replayed: response.headers['idempotency-replayed'],
  };
}

describe('tickets over HTTP', () => {
  it('given a sale sent twice, then both answers are the same, the second marked as replayed, with sentences in the caller’s language', async () => {
    const first = await call('POST', '/v1/transactions', { body: sale('1', [line(1, 1_250)]), language: 'es' });
    expect(first).toMatchObject({
      status: 200, replayed: undefined,
      body: {
        transactionKey: keyOf('1'), status: 'posted', memberId: ANA, points: {
          earned: 12, reversed: 0, pending: 0, debtRepaid: 0, feeRecovered: 0,
        },
        balance: { available: 12, debt: 0 }, revision: expect.any(Number), asOf: expect.stringMatching(/Z$/), explanation: [
          { kind: 'perAmount', granted: 12, text: expect.stringContaining('válidos hasta el 2027-03-02') },
        ],
      },
    });
    const second = await call('POST', '/v1/transactions', { body: sale('1', [line(1, 1_250)]), language: 'es' });
    expect(second).toMatchObject({ status: 200, replayed: 'true', body: first.body });
    expect(await call('GET', `/v1/transactions/${keyOf('1')}`)).toMatchObject(
      { status: 200, body: { status: 'posted', points: { earned: 12 }, balance: { available: 12 }, asOf: expect.stringMatching(/Z$/) } },
    );
  });

  it('given a sale sent again after another one, then points and explanation are its first ones and the balance is that of now', async () => {
    const first = await call('POST', '/v1/transactions', { body: sale('2', [line(1, 300)]) });
    await call('POST', '/v1/transactions', { body: sale('3', [line(1, 700)]) });
    const { points, explanation } = first.body;
    for (const asked of [
      await call('POST', '/v1/transactions', { body: sale('2', [line(1, 300)]) }), await call('GET', `/v1/transactions/${keyOf('2')}`),
      await call('POST', '/v1/transactions/preview', { body: sale('2', [line(1, 300)]) }),
    ]) expect(asked).toMatchObject({ status: 200, body: { points, explanation, balance: { available: 22 }, revision: expect.any(Number) } });
    await call('POST', '/v1/transactions', { body: { ...correctionOf('void', '4', '2', [{ line: 1, quantity: 1 }]) } });
    await call('POST', '/v1/transactions', { body: { ...correctionOf('void', '5', '3', [{ line: 1, quantity: 1 }]) } });
  });

  it('given other content under the same key, then 409 ticketConflict, however often', async () => {
    for (let delivery = 0; delivery < 2; delivery += 1) {
      expect(
        await call('POST', '/v1/transactions', { body: sale('1', [line(1, 9_999)]) }),
      ).toMatchObject({ status: 409, body: { code: 'ticketConflict' } });
    }
  });

  it('given a preview, then it shows what the ticket would give and nothing is kept', async () => {
    const ticket = sale('50', [line(1, 500)]);
    for (let delivery = 0; delivery < 2; delivery += 1) {
      expect(await call('POST', '/v1/transactions/preview', { body: ticket })).toMatchObject(
        { status: 200, body: { status: 'rated', points: { earned: 5 }, balance: { available: 12 } } },
      );
    }
    expect(await call('GET', `/v1/transactions/${keyOf('50')}`)).toMatchObject({ status: 404, body: { code: 'ticketNotFound' } });
    expect(
      await call('POST', '/v1/transactions/preview', { body: sale('1', [line(1, 1_250)]) }),
    ).toMatchObject({ status: 200, body: { status: 'posted' } });
  });

  it('given a ticket that is wrong, then it is refused with a pointer: unknown fields, unknown store, another store than the key’s, too much returned', async () => {
    const pointers = async (body: unknown, as = 'main') => {
      const answer = await call('POST', '/v1/transactions', { body, as });
      return [answer.status, ((answer.body['errors'] ?? []) as { pointer: string }[]).map(({ pointer }) => pointer)];
    };
    expect(await pointers({ ...sale('60', [line(1, 1)]), extra: 1 })).toEqual([422, ['/extra']]);
    expect(await pointers(sale('60', [line(1, 1)], { storeId: 'nowhere' }))).toEqual([422, ['/storeId']]);
    expect(await pointers(sale('60', [line(1, 1)]), 'main/s2')).toEqual([422, ['/storeId']]);
    for (let delivery = 0; delivery < 2; delivery += 1) {
      expect(await pointers(correctionOf('return', '61', '1', [{ line: 1, quantity: 2 }]))).toEqual([422, ['/lines/0/quantity']]);
    }
  });

  it('given a ticket that is wrong, then why is said in the caller’s language, as a sentence', async () => {
    const told = async (body: unknown, language: string) => {
      const answer = await call('POST', '/v1/transactions', { body, language });
      return (answer.body['errors'] as { message: string }[]).map(({ message }) => message);
    };
    const { sequence: _, ...unnamed } = sale('62', [line(1, 1)]);
    const numbers = { ...sale('62', []), lines: [{ line: 1, sku: 'A', quantity: 1.5, unitPrice: '2,55', amount: 1 }, { line: 2, sku: 'B', amount: 1 }] };
    expect(await told(numbers, 'es')).toEqual([
      'Tiene que ser un número entero mayor que 0 como 2, o un texto decimal con 3 decimales como máximo como "1.5"',
      'Tiene que ser un número entero de céntimos (unidades menores) como 255, o un texto decimal como "2.55"', 'Falta este campo',
    ]);
    expect(await told({ ...unnamed, currency: 'euro' }, 'es')).toEqual(['Falta este campo', 'Tiene que ser un código ISO 4217, tres mayúsculas']);
    expect(await told(sale('62', [line(1, 1)], { storeId: 'nowhere' }), 'es')).toEqual(['La tienda no está en el registro de tiendas.']);
    expect(await told(sale('62', [line(1, 1)], { storeId: 'nowhere' }), 'en')).toEqual(['The store is not in the store register.']);
    expect((await call('POST', '/v1/transactions', { body: 'a,b', type: 'text/csv' })).status).toBe(415);
    const tooMuch = correctionOf('return', '63', '1', [{ line: 1, quantity: 2 }]);
    expect(await told(tooMuch, 'es')).toEqual(['Se devuelve más de lo que queda de la compra.']);
    expect(await call('POST', '/v1/transactions', { body: tooMuch })).toMatchObject({ status: 422, body: { code: 'ticketRejected', reason: 'returnedMoreThanBought' } });
    expect((await call('GET', `/v1/transactions/${keyOf('63')}`, { language: 'es' })).body).toMatchObject({
      status: 'rejected', reason: 'returnedMoreThanBought', reasonPointer: '/lines/0/quantity', reasonText: 'Se devuelve más de lo que queda de la compra.',
    });
  });

  it('given tickets that gave nothing, then they say why, in es and in en', async () => {
    const { original: _, ...unnamed } = correctionOf('return', '83', '1', [{ line: 1, quantity: 1 }]);
    const { identification: __, ...anonymous } = sale('80', [line(1, 500)]);
    const old = sale('84', [line(1, 500)], { businessDay: '2026-01-02', occurredAt: '2026-01-02T11:00:00+01:00' });
    const tickets = [
      anonymous, sale('81', [line(1, 500)], { identification: { kind: 'card', value: 'C-nobody' } }),
      correctionOf('return', '82', '99', [{ line: 1, quantity: 1 }]), unnamed, correctionOf('return', '85', '80', [{ line: 1, quantity: 1 }]), old,
    ];
    const told = async (language: string): Promise<readonly string[]> => {
      const texts: string[] = [];
      for (const ticket of tickets) {
        const { body } = await call('POST', '/v1/transactions', { body: ticket, language });
        texts.push(...(body['explanation'] as { text: string }[]).map(({ text }) => text));
        const shown = await call('GET', `/v1/transactions/${String(body['transactionKey'])}`, { language });
        expect(shown.body['explanation']).toEqual(body['explanation']);
      }
      return texts;
    };
    expect(await told('es')).toEqual([
      expect.stringMatching(/no lleva identificación/), expect.stringMatching(/todavía no consta ningún socio activo.* en 90 días/),
      expect.stringMatching(new RegExp(`falta el tique original ${keyOf('99')}`)), expect.stringMatching(/no dice de qué tique es/),
      expect.stringMatching(/no tiene socio y no dio puntos/), expect.stringMatching(/2026-01-02 llegó más de 30 días después/),
    ]);
    expect(await told('en')).toEqual([
      expect.stringMatching(/carries no identification/), expect.stringMatching(/within 90 days/), expect.stringMatching(/is not here/),
      expect.stringMatching(/does not say which/), expect.stringMatching(/has no member/), expect.stringMatching(/more than 30 days later/),
    ]);
  });

  it('given a receipt, when a member claims it, then it earns; by the key of another store or a second member it is refused', async () => {
    const { identification: _, ...anonymous } = sale('90', [line(1, 700)]);
    await call('POST', '/v1/transactions', { body: anonymous });
    const claim = (memberOf: string, as = 'main') => call('POST', `/v1/transactions/${keyOf('90')}/claim`, { body: { memberId: memberOf }, as, language: 'es' });
    expect((await claim(ANA, 'main/s2')).status).toBe(403);
    for (const replayed of [undefined, 'true']) {
      expect(await claim(ANA)).toMatchObject({ status: 200, replayed, body: { status: 'posted', memberId: ANA, points: { earned: 7 } } });
    }
    expect(await claim(memberId(2))).toMatchObject({ status: 409, body: {
      code: 'claimRefused', reason: 'claimOfIdentified', errors: [{ pointer: '/path/key', message: 'El tique ya tiene socio o lleva una identificación.' }],
    } });
  });

  it('given a batch, then there is one result for each row in order, good and bad', async () => {
    const tickets = [
      sale('70', [line(1, 300)]), { type: 'sale' }, sale('70', [line(1, 300)]), sale('71', [line(1, 100)], { storeId: 'nowhere' }),
      correctionOf('return', '72', '70', [{ line: 1, quantity: 1 }])];
    const answer = await call('POST', '/v1/transactions/batch', { body: { tickets } });
    expect(answer).toMatchObject({ status: 200, body: { results: [
      {
        index: 0, replayed: false, status: 'posted', points: { earned: 3 },
      }, { index: 1, problem: { code: 'invalidRequest' } }, { index: 2, replayed: true },
      { index: 3, problem: { code: 'invalidRequest' } }, { index: 4, status: 'posted', points: { reversed: 3 } },
    ] } });
    for (const { problem } of answer.body['results'] as { problem?: object }[]) expect(problem ?? {}).not.toHaveProperty('traceId');
    expect(
      (await call('POST', '/v1/transactions/batch', { body: { tickets: Array.from({ length: 1_001 }, () => ({})) } })).status,
    ).toBe(422);
  });

  it('given many tills at once, then each gets its own answer and the wallet has them all', async () => {
    const before = (await rig.wallet(ANA)).balance.available;
    const answers = await Promise.all(
      Array.from({ length: 250 }, (_, n) => call('POST', '/v1/transactions', { body: sale(String(1_000 + n), [line(1, 100)]) })),
    );
    expect(new Set(answers.map(({ body }) => body['transactionKey'])).size).toBe(250);
    expect(answers.every(({ status, body }) => status === 200 && body['status'] === 'posted')).toBe(true);
    expect((await rig.wallet(ANA)).balance.available).toBe(before + 250);
  });
});

describe('stores, rules and imports over HTTP', () => {
  const store = { name: 'UK', zone: 'Europe/London', currency: 'GBP', country: 'United Kingdom' };

  it('given a store, when it is put twice, then it is listed once, as last put; an unknown zone is refused', async () => {
    for (const name of ['Old', 'UK']) expect(
      (await call('PUT', '/v1/stores/united-kingdom', { body: { ...store, name } })).status,
    ).toBe(200);
    expect(await call('GET', '/v1/stores?limit=1&cursor=s1')).toMatchObject(
      { body: { stores: [{ storeId: 'united-kingdom', ...store }], next: 'united-kingdom' } },
    );
    expect(
      await call('PUT', '/v1/stores/x', { body: { ...store, zone: 'Europe/Nowhere' } }),
    ).toMatchObject({ status: 422, body: { errors: [{ pointer: '/zone' }] } });
  });

  it('given a store with tickets, when its currency is to change, then 409 storeInUse in the caller’s language', async () => {
    await call('POST', '/v1/transactions', { body: sale('95', [line(1, 100)]) });
    const change = { body: { ...store, currency: 'SEK', zone: 'Europe/Madrid' }, language: 'es' };
    for (let delivery = 0; delivery < 2; delivery += 1) {
      expect(await call('PUT', '/v1/stores/s1', change)).toMatchObject(
        { status: 409, body: { code: 'storeInUse', title: 'La tienda ya tiene tiques', detail: expect.stringContaining('tienda s1') } },
      );
    }
  });

  it('given a rule file as YAML, then it is applied, listed and activated; a wrong one says where', async () => {
    const { body } = await call('GET', '/v1/rules');
    expect(body).toMatchObject({ inForce: 1, versions: [{ version: 1, inForce: true }] });
    const [{ programme, rules }] = body['versions'] as [{ programme: Record<string, unknown>; rules: unknown[] }];
    const file = JSON.stringify({ programme: { ...programme, latenessDays: 20 }, rules });
    expect(
      await call('POST', '/v1/rules/versions?dryRun=true', { body: file, type: 'application/yaml' }),
    ).toMatchObject({ status: 200, body: { status: 'wouldApply' } });
    expect(
      await call('POST', '/v1/rules/versions', { body: { programme: { ...programme, latenessDays: 20 }, rules } }),
    ).toMatchObject({ body: { status: 'applied', version: 2 } });
    expect(
      await call('POST', '/v1/rules/versions', { body: { programme, rules: [] } }),
    ).toMatchObject({ status: 422, body: { errors: [{ pointer: '/rules' }] } });
    expect((await call('POST', '/v1/rules/versions/2/activate')).status).toBe(200);
    expect(await call('POST', '/v1/rules/versions/2/activate')).toMatchObject({ status: 409, body: {
      reason: 'alreadyActivated', errors: [{ pointer: '/path/n', message: 'It was activated before, and a version is activated only once.' }],
    } });
    expect((await call('POST', '/v1/rules/versions/7/activate')).status).toBe(404);
    expect((await call('GET', '/v1/rules')).body['inForce']).toBe(2);
  });

  it('given a file, when it is sent, then the import is followed to its end and its rejects come as CSV', async () => {
    const csv = ['InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
      '1,A,B,1,2010-12-01 08:26:00,5.00,C1,United Kingdom', '2,A,B,=x,2010-12-01 08:26:00,5.00,C1,United Kingdom', ''].join('\n');
    for (const expected of [{ rated: 1, unchanged: 0 }, { rated: 0, unchanged: 1 }]) {
      const sent = await call(
        'POST', '/v1/imports?format=onlineRetail&history=true',
        { body: Readable.from([gzipSync(csv)]), type: 'application/gzip' },
      );
      expect(sent.status).toBe(202);
      const id = sent.body['importId'] as string;
      const done = await eventually(async () => {
        const { body } = await call('GET', `/v1/imports/${id}`);
        return body['state'] === 'done' ? body : undefined;
      });
      expect(done).toMatchObject({ rows: { read: 2, rejected: 1, ...expected }, tickets: { read: 1 }, failure: null, rejectedBy: [
        { code: 'quantityNotAnInteger', rows: 1, first: { row: 3, column: 'Quantity' } },
      ] });
      expect((await call('GET', `/v1/imports/${id}/rejects`)).text).toBe(
        `row,column,code,value,message\r\n3,Quantity,quantityNotAnInteger,'=x,The quantity is not a whole number.\r\n`,
      );
    }
  });

  it('given no file, an unknown format or an unknown import, then it says so', async () => {
    expect((await call('POST', '/v1/imports?format=onlineRetail', { body: {} })).status).toBe(415);
    for (const [path, type] of [['', 'application/gzip'], ['&name=a.csv.gz', 'text/csv']] as const) {
      expect(await call('POST', `/v1/imports?format=onlineRetail${path}`, { body: '\u001Fx', type })).toMatchObject({ status: 422, body: { code: 'notGzip' } });
    }
    expect((await call('POST', '/v1/imports?format=excel', { body: 'x', type: 'text/csv' })).status).toBe(422);
    expect((await call('GET', `/v1/imports/imp_${'0'.repeat(32)}`)).status).toBe(404);
  });
});
