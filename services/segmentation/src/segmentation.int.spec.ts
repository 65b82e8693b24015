import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Caller, createHttpApplication, Health, openDataSource } from '@trebol/chassis';
import { BusTransport, type BatchHandler, type MessageBus } from '@trebol/messaging';
import { fixedClock, freshDatabase, sequentialIds, type TestDatabase } from '@trebol/testing';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { FactStore, segmentationEntities, segmentationMigrations, segmentationModule, type ExportManifest, type ExportRecord,
  type StoredRun } from './index.ts';
import { FACT_EXPORTS_KEPT, type FactExport } from './export-facts/export-facts.ts';
import { ticketFact } from './keep-facts/ticket.fixture.ts';
import { ratedMessage } from './online-retail.fixture.ts';

const clock = fixedClock('2026-03-01T09:00:00Z');
const member = (index: number): string => `mbr_${index.toString(16).padStart(32, '0')}`;
const runBody = { asOf: '2026-03-01T00:00:00+01:00', zone: 'Europe/Madrid', scoring: 'type1Quintiles', map: 'rf25' };
const exportBody = { segmentId: 'rf25:champions', destination: 'internal', purpose: 'analysis', format: 'csv' };
const MEMBERS = 60;

/** Members 1…60; member n bought on n days: the higher, the more often and the fresher. */
const tickets = Array.from({ length: MEMBERS }, (_, index) => Array.from({ length: Math.ceil((index + 1) / 6) }, (_unused, visit) => {
  const localDay = `2026-02-${String(Math.ceil((index + 1) / 3) - (visit % 2)).padStart(2, '0')}`.replace('-00', '-01');
  return ticketFact({ memberId: member(index + 1), localDay, occurredAt: Date.parse(`${localDay}T10:00:00Z`),
    transactionKey: `12~3~${localDay}~${index}x${visit}` });
})).flat().concat(ticketFact({ memberId: undefined, status: 'noMember', transactionKey: '12~3~2026-02-10~z' }));

type Application = Awaited<ReturnType<typeof createHttpApplication>>;

describe('segmentation over HTTP', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let dataFolder: string;
  let app: Application;
  const handlers = new Map<string, BatchHandler>();
  const bus: MessageBus = {
    publish: () => Promise.reject(new Error('segmentation publishes nothing yet')),
    consume: ({ group, handle }) => {
      handlers.set(group, handle);
      return Promise.resolve({ stop: () => Promise.resolve(), lag: () => Promise.resolve(0) });
    },
    close: () => Promise.resolve(),
  };

  const start = async (): Promise<Application> => {
    const caller: Caller = { tenant: 'main', keyId: 'key', scopes: ['*'] };
    const made = await createHttpApplication(segmentationModule({ clock, dataSource, dataFolder }), {
      ids: sequentialIds(), access: { keys: { verify: () => Promise.resolve(caller) } }, health: new Health(clock), logger: false,
      documentation: { title: 'segmentation', version: '1' },
    });
    made.connectMicroservice({ strategy: new BusTransport(bus) });
    await made.startAllMicroservices();
    await made.init();
    return made;
  };
  const send = async <T>(method: 'GET' | 'POST', url: string, options: { body?: unknown; key?: string } = {}) => {
    const answer = await app.inject({
      method, url, headers: { authorization: 'Bearer key', ...(options.key === undefined ? {} : { 'idempotency-key': options.key }) },
      ...(options.body === undefined ? {} : { payload: options.body as object }),
    });
    const body = (answer.headers['content-type']?.toString().includes('json') ? answer.json() : answer.body) as T;
    return { status: answer.statusCode, headers: answer.headers, body, text: answer.body };
  };
  const run = (key: string, changes: object = {}) => send<StoredRun>('POST', '/v1/segmentation/runs', { body: { ...runBody,
    ...changes }, key });
  const exported = (key: string, changes: object = {}) => send<ExportRecord>('POST', '/v1/exports', { body: { ...exportBody,
    ...changes }, key });

  beforeAll(async () => {
    database = await freshDatabase();
    dataFolder = await mkdtemp(join(tmpdir(), 'trebol-segmentation-'));
    dataSource = await openDataSource({
      url: database.url, schema: 'segmentation', entities: segmentationEntities, migrations: segmentationMigrations, poolMax: 4,
      applicationName: 'spec',
    });
    app = await start();
  });
  afterAll(async () => {
    await app.close();
    await dataSource.destroy();
    await database.drop();
    await rm(dataFolder, { recursive: true });
  });

  it('given the controllers, when bound to a bus and given each batch twice, then the facts hold each ticket once', async () => {
    expect([...handlers.keys()].sort()).toEqual(['segmentation.facts.v1', 'segmentation.members.v1']);
    const messages = tickets.map(ratedMessage);
    const before = await run('too-early');
    expect([before.status, before.body]).toEqual([422, expect.objectContaining({ code: 'nothingToScore' })]);
    for (let delivery = 0; delivery < 2; delivery += 1) {
      expect(await handlers.get('segmentation.facts.v1')?.({ topic: 'trebol.earning.ticket-rated.v1', partition: 0,
        messages })).toEqual([]);
    }
    expect(await app.get(FactStore).factCounts('main')).toEqual({ tickets: tickets.length, lines: tickets.length * 2, members: 0 });
  });

  it('given the migrations, when compared with the entities, then nothing is missing', async () => {
    expect((await dataSource.driver.createSchemaBuilder().log()).upQueries.map((each) => each.query)).toEqual([]);
  });

  it('given a run, when asked for twice with one key, then it is made once and answered whole, also by its id', async () => {
    const first = await run('first');
    expect(first.status).toBe(201);
    const sold = tickets.length - 1;
    expect(first.body).toMatchObject({
      createdAt: '2026-03-01T09:00:00.000Z', counts: { members: MEMBERS, orders: sold, lines: sold * 2, amountMinor: sold * 1250 },
      inputs: { asOf: '2026-02-28T23:00:00.000Z', asOfDay: '2026-03-01', window: 'allTime', purchase: 'receipt', returns: 'ignored',
        currency: 'EUR', minorUnits: 2, map: { id: 'rf25' } },
      identifiedShare: { lines: { identified: sold * 2, all: sold * 2 + 2 } },
      facts: { positions: [{ topic: 'trebol.earning.ticket-rated.v1', partition: 0, offset: String(sold) }] },
    });
    expect(first.body.groups.reduce((sum, group) => sum + group.members, 0)).toBe(MEMBERS);
    expect(first.body.groups[0]).toMatchObject({ segmentId: 'rf25:champions', name: { es: 'Campeones', en: 'Champions' } });
    const again = await run('first');
    expect([again.body, again.headers['idempotency-replayed']]).toEqual([first.body, 'true']);
    expect((await send('GET', `/v1/segmentation/runs/${first.body.runId}`)).body).toEqual(first.body);
    expect((await run('first', { zone: 'UTC' })).body).toMatchObject({ code: 'idempotencyConflict' });
    const scores = await dataSource.query('SELECT count(*)::int AS n FROM segmentation.member_score');
    expect(scores).toEqual([{ n: MEMBERS }]);
  });

  it('given a run whose answer was lost in a crash, when it is asked for again, then the stored run is answered', async () => {
    const first = await run('lost');
    await dataSource.query("DELETE FROM segmentation.idempotency WHERE key = 'lost'");
    clock.advance(1_000);
    const again = await run('lost');
    expect([again.body, again.headers['idempotency-replayed']]).toEqual([first.body, undefined]);
  });

  it('given an earlier run, when its cutpoints are frozen, then the new run compares with them; an unknown run is refused', async () => {
    const first = await run('first');
    const frozen = await run('frozen', { asOf: '2026-03-09T00:00:00+01:00', scoring: { method: 'type1Quintiles',
      cutpointsOf: first.body.runId } });
    expect(frozen.body.cutpoints).toEqual(first.body.cutpoints);
    expect(frozen.body.inputs.scoring).toEqual({ method: 'type1Quintiles', cutpointsOf: first.body.runId });
    expect(frozen.body.scores.r).not.toEqual(first.body.scores.r);
    const unknown = await run('unknown', { scoring: { method: 'type1Quintiles', cutpointsOf: `run_${'0'.repeat(32)}` } });
    expect([unknown.status, unknown.body]).toEqual([422, expect.objectContaining({ code: 'cutpointsUnknown' })]);
  });

  it.each([
    ['no key', undefined, {}, 400, 'idempotencyKeyMissing'], ['an unknown map', 'k1', { map: 'rfm999' }, 422, 'mapUnknown'],
    ['an unknown zone', 'k2', { zone: 'Mars/Olympus' }, 422, 'invalidRequest'],
    ['an unknown scoring', 'k3', { scoring: 'ntile' }, 422, 'invalidRequest'], ['an unknown field', 'k4', { colour: 'red' }, 422,
      'invalidRequest'],
  ])('given %s, when a run is asked for, then it is refused', async (...[, key, changes, status, code]) => {
    const answer = await send('POST', '/v1/segmentation/runs', { body: { ...runBody, ...changes }, ...(key === undefined ? {} : { key }) });
    expect([answer.status, answer.body]).toEqual([status, expect.objectContaining({ code })]);
  });

  it('given the latest run, when segments are listed page by page, then each member appears once and pages stay in one run', async () => {
    const latest = await run('listing');
    type Listed = { segmentId: string; runId: string; identifiedShare: unknown };
    const { body } = await send<{ segments: Listed[] }>('GET', '/v1/segments');
    expect(body.segments.map((segment) => segment.segmentId)).toEqual(latest.body.groups.map((group) => group.segmentId));
    expect(body.segments.every((segment) => segment.runId === latest.body.runId && segment.identifiedShare !== undefined)).toBe(true);
    const listed: string[] = [];
    for (const segment of body.segments) {
      let runId = '';
      for (let cursor = ''; ;) {
        const page = await send<{ members: { memberId: string }[]; next: string | null; runId: string }>('GET',
          `/v1/segments/${segment.segmentId}/members?limit=3${cursor}`);
        runId ||= page.body.runId;
        expect(page.body.runId).toBe(runId);
        listed.push(...page.body.members.map((each) => each.memberId));
        await run(`after-page-${listed.length}`);
        if (page.body.next === null) break;
        cursor = `&cursor=${page.body.next}`;
      }
    }
    expect(listed.toSorted()).toEqual(Array.from({ length: MEMBERS }, (_, index) => member(index + 1)).toSorted());
    expect((await send('GET', '/v1/segments/rf25:nobody/members')).body).toMatchObject({ code: 'segmentNotFound' });
    expect((await send('GET', '/v1/segments/rf25:champions/members?cursor=bm9uc2Vuc2U')).body).toMatchObject({ code: 'segmentNotFound' });
  });

  it('given a segment, when exported twice, then both files and manifests are equal byte by byte and the hash is the file\'s', async () => {
    const latest = await run('exporting');
    const [one, two] = [await exported('one'), await exported('two')];
    expect(one.status).toBe(201);
    expect(one.body).toMatchObject({ runId: latest.body.runId, status: 'completed', destination: 'internal' });
    expect(two.body.exportId).not.toBe(one.body.exportId);
    const [file, other] = [await send('GET', one.body.file), await send('GET', two.body.file)];
    expect(file.text).toBe(other.text);
    expect(file.headers['content-type']).toContain('text/csv');
    expect(createHash('sha256').update(file.text).digest('hex')).toBe(one.body.sha256);
    const lines = file.text.trimEnd().split('\r\n');
    expect(lines[0]).toBe('memberId,recencyScore,frequencyScore,monetaryScore,group,lastPurchaseDay,orders,amountMinor,currency');
    expect(lines[1]).toMatch(/^mbr_[0-9a-f]{32},5,[45],\d,champions,2026-02-\d\d,\d+,\d+,EUR$/);
    const champions = latest.body.groups[0]?.members ?? 0;
    expect(lines).toHaveLength(champions + 1);
    const [manifest, otherManifest] = [await send<ExportManifest>('GET', one.body.manifest), await send('GET', two.body.manifest)];
    expect(manifest.text).toBe(otherManifest.text);
    expect(manifest.body).toMatchObject({
      segmentId: 'rf25:champions', runId: latest.body.runId, asOf: latest.body.inputs.asOf, rows: champions,
      sha256: one.body.sha256, purpose: 'analysis', destination: 'internal',
      filters: [{ filter: 'population', applied: true, kept: MEMBERS }, { filter: 'rules', applied: true, kept: champions },
        { filter: 'suppression', applied: true, kept: champions },
        { filter: 'consent', applied: false, kept: champions }],
    });
  });

  it('given an export, when asked for again with its key, then it is the same one, also after a crash and a newer run', async () => {
    await run('repeating');
    const one = await exported('repeated');
    const again = await exported('repeated');
    expect([again.body, again.headers['idempotency-replayed']]).toEqual([one.body, 'true']);
    await dataSource.query("DELETE FROM segmentation.idempotency WHERE key = 'repeated'");
    await run('a-newer-run');
    expect((await exported('repeated')).body).toEqual(one.body);
    expect((await send('GET', `/v1/exports/${one.body.exportId}`)).body).toEqual(one.body);
    expect((await readdir(join(dataFolder, 'exports'))).some((name) => name.endsWith('.tmp'))).toBe(false);
  });

  it.each([
    ['a destination not set up', { destination: 'metaAds' }, 422, 'destinationUnknown'], ['an unknown segment',
      { segmentId: 'rf25:nobody' }, 404, 'segmentNotFound'],
    ['an unknown format', { format: 'xlsx' }, 422, 'invalidRequest'], ['no purpose', { purpose: '' }, 422, 'invalidRequest'],
  ])('given %s, when an export is asked for, then nobody is delivered', async (...[what, changes, status, code]) => {
    const answer = await exported(what.replaceAll(' ', '-'), changes);
    expect([answer.status, answer.body]).toEqual([status, expect.objectContaining({ code })]);
  });

  it('given facts, when exported as Parquet, then the files say the same as the facts, of this tenant only, and are the same when asked again', async () => {
    const stranger = ticketFact({ tenant: 'other', transactionKey: '12~3~2026-02-10~other' });
    await app.get(FactStore).apply({ tickets: [stranger], members: [{ tenant: 'other', memberId: member(1), version: 1, status: 'active' }] });
    const made = await send<FactExport>('POST', '/v1/segmentation/facts', { key: 'facts-1' });
    const again = await send<FactExport>('POST', '/v1/segmentation/facts', { key: 'facts-1' });
    expect([made.status, again.body, again.headers['idempotency-replayed']]).toEqual([201, made.body, 'true']);
    expect((await send('GET', `/v1/segmentation/facts/${made.body.factsId}`)).body).toEqual(made.body);
    const counts = await app.get(FactStore).factCounts('main');
    expect(made.body.files.map(({ table, rows }) => [table, rows])).toEqual(
      [['ticket', counts.tickets], ['line', counts.lines], ['member', counts.members]]);
    for (const { file, bytes, sha256 } of made.body.files) {
      const answer = await app.inject({ method: 'GET', url: file, headers: { authorization: 'Bearer key' } });
      expect([answer.headers['content-type'], answer.rawPayload.length, createHash('sha256').update(answer.rawPayload).digest('hex')])
        .toEqual(['application/vnd.apache.parquet', bytes, sha256]);
    }
    const line = join(dataFolder, 'exports', 'facts', 'of-main', made.body.factsId, 'line.parquet');
    const [row] = await app.get(FactStore).read(async (connection) => (await connection.run(
      `SELECT count(*) FILTER (WHERE transaction_key LIKE '%other'), min(unit_price)::VARCHAR, typeof(any_value(occurred_at)) FROM '${line}'`)).getRows());
    expect(row).toEqual([0n, '1.250000', 'TIMESTAMP']);
  });

  it('given more exports of the facts than are kept, when another is made, then the oldest is gone, and what a crash left too', async () => {
    const made: string[] = [];
    for (let at = 0; at <= FACT_EXPORTS_KEPT; at += 1) {
      made.push((await send<FactExport>('POST', '/v1/segmentation/facts', { key: `kept-${at}` })).body.factsId);
      if (at === 0) await mkdir(join(dataFolder, 'exports', 'facts', 'of-main', 'fct_0.part'));
    }
    const statuses = await Promise.all(made.map(async (id) => (await send('GET', `/v1/segmentation/facts/${id}`)).status));
    expect(statuses).toEqual([404, ...Array.from({ length: FACT_EXPORTS_KEPT }, () => 200)]);
    expect((await readdir(join(dataFolder, 'exports', 'facts', 'of-main'))).toSorted()).toEqual(made.slice(1).toSorted());
  });

  it('given an unknown run or export, when asked for, then it is not found', async () => {
    expect((await send('GET', `/v1/segmentation/runs/run_${'0'.repeat(32)}`)).body).toMatchObject({ code: 'runNotFound', status: 404 });
    for (const path of ['', '/line']) expect((await send('GET',
      `/v1/segmentation/facts/fct_${'0'.repeat(32)}${path}`)).body).toMatchObject({ code: 'exportNotFound', status: 404 });
    for (const path of ['', '/file', '/manifest']) expect((await send('GET',
      `/v1/exports/exp_${'0'.repeat(32)}${path}`)).body).toMatchObject({ code: 'exportNotFound', status: 404 });
  });

  it('given a member erased after the run, when listed or exported, then it is left out and the manifest counts it', async () => {
    const before = await exported('before-erasure');
    const gone = (await send(`GET`, before.body.file)).text.split('\r\n')[1]?.split(',')[0] ?? '';
    await app.get(FactStore).apply({ members: [{ tenant: 'main', memberId: gone, version: 2, status: 'erased' }] });
    const after = await exported('after-erasure');
    expect(after.body.rows).toBe(before.body.rows - 1);
    expect((await send('GET', after.body.file)).text).not.toContain(gone);
    expect((await send<ExportManifest>('GET', after.body.manifest)).body.filters.map((filter) => filter.kept)).toEqual([MEMBERS,
      before.body.rows, before.body.rows - 1, before.body.rows - 1]);
    expect((await send('GET', '/v1/segments/rf25:champions/members?limit=100')).text).not.toContain(gone);
  });

  it('given the application is closed, when it starts again, then the facts and runs are there', async () => {
    const counts = await app.get(FactStore).factCounts('main');
    await app.close();
    app = await start();
    expect(await app.get(FactStore).factCounts('main')).toEqual(counts);
    expect((await send<{ segments: unknown[] }>('GET', '/v1/segments')).body.segments).toHaveLength(10);
  });

  it.each(['rfm125', 'rfm25'])('given the shipped map %s and a currency, when a run is asked for, then every member is in a group that can be listed', async (map) => {
    const made = await run(`map-${map}`, { map, currency: 'EUR' });
    expect([made.status, made.body]).toEqual([201, expect.objectContaining({ inputs: expect.objectContaining({ currency: 'EUR', map: expect.objectContaining({ id: map, axes: ['r', 'f', 'm'] }) }) })]);
    expect(made.body).toMatchObject({ counts: { members: made.body.groups.reduce((sum, group) => sum + group.members, 0) } });
    const { body } = await send<{ segments: { segmentId: string; members: number }[] }>('GET', '/v1/segments');
    const listed = body.segments.filter(({ segmentId }) => segmentId.startsWith(`${map}:`));
    expect(listed.map(({ segmentId, members }) => [segmentId, members])).toEqual(made.body.groups.map(({ segmentId, members }) => [segmentId, members]));
    const other = await run(`map-${map}-gbp`, { map, currency: 'GBP' });
    expect([other.status, other.body]).toEqual([422, expect.objectContaining({ code: 'nothingToScore' })]);
  });
});
