import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Health, createHttpApplication, openDataSource } from '@trebol/chassis';
import { memberChanged } from '@trebol/contracts';
import type { OutgoingMessage } from '@trebol/messaging';
import { type TestDatabase, eventually, fixedClock, freshDatabase, sequentialIds } from '@trebol/testing';
import { enrollmentDatabase, enrollmentModule } from '../index.ts';

const published: OutgoingMessage[] = [];
const clock = fixedClock('2026-02-10T10:00:00Z');
let database: TestDatabase;
let dataSource: Awaited<ReturnType<typeof openDataSource>>;
let app: Awaited<ReturnType<typeof createHttpApplication>>;

beforeAll(async () => {
  database = await freshDatabase();
  dataSource = await openDataSource({ ...enrollmentDatabase, url: database.url, poolMax: 8, applicationName: 'test' });
  const bus = {
    publish: async (messages: readonly OutgoingMessage[]) => { published.push(...messages); },
    consume: async () => ({ stop: async () => undefined, lag: async () => 0 }),
    close: async () => undefined,
  };
  app = await createHttpApplication(enrollmentModule({ clock, ids: sequentialIds(), dataSource, bus, identifierKey: Buffer.alloc(32, 7) }), {
    ids: sequentialIds(), health: new Health(clock), logger: false, documentation: { title: 'test', version: '0' },
    access: { keys: { verify: async (key: string) => {
      const [tenant = 'main', scope = '*'] = key.split('/');
      return { tenant, keyId: `key_${tenant}`, scopes: [scope] };
    } } },
  });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});

afterAll(async () => {
  await app?.close();
  await dataSource?.destroy();
  await database?.drop();
});

interface Body {
  readonly memberId: string; readonly code?: string; readonly mergeId?: string; readonly version: number;
  readonly identifiers: readonly { readonly value: string }[];
}
async function call(method: 'GET' | 'POST', url: string, body?: object, as = 'main') {
  const response = await app.inject({
    method, url, ...(body === undefined ? {} : { payload: body }), headers: { authorization: `Bearer ${as}` },
  });
  return { status: response.statusCode, body: response.json() as Body };
}
let cards = 0;
const enrol = async (count = 1): Promise<string> => {
  const identifiers = Array.from({ length: count }, () => ({ kind: 'card', value: `CARD-${++cards}` }));
  return (await call('POST', '/v1/members', { identifiers })).body.memberId;
};
const merge = async (from: string, into: string, as?: string) => call('POST', `/v1/members/${from}/merge`, { into }, as);
const messagesOf = (memberId: string) => published
  .filter(({ key }) => key === memberId).map(({ value }) => memberChanged.parse(JSON.parse(value)));

describe('merging members', () => {
  it('given two members, when the one is merged into the other, twice, then its cards name the other and each is told once', async () => {
    const [from, into] = [await enrol(), await enrol()];
    const card = `card:CARD-${cards - 1}`;
    const first = await merge(from, into);
    expect(first).toEqual({ status: 202, body: { mergeId: `mrg_${from.slice(4)}`, memberId: from, into } });
    expect(await merge(from, into)).toEqual(first);
    expect((await call('GET', `/v1/members?identifier=${card}`)).body.memberId).toBe(into);
    expect((await call('GET', `/v1/members/${from}`)).body).toMatchObject({ status: 'merged', mergedInto: into, version: 2, identifiers: [] });
    expect((await call('GET', `/v1/members/${into}`)).body).toMatchObject({ status: 'active', version: 2, identifiers: [{}, {}] });
    await eventually(() => messagesOf(into).length === 2, 'the messages');
    expect(messagesOf(from)[1]).toMatchObject({ change: 'merged', status: 'merged', version: 2, mergedInto: into, identifiers: [] });
    expect(messagesOf(into)[1]).toMatchObject({ change: 'identifierLinked', status: 'active', version: 2, identifiers: [{}, {}] });
    expect(messagesOf(from)).toHaveLength(2);
  });

  it('given what may not be merged, then each is refused with its reason and nothing is written', async () => {
    const [ana, bea, cal, dan] = [await enrol(), await enrol(), await enrol(), await enrol()];
    const refused = async (from: string, into: string, as?: string) => (await merge(from, into, as)).body.code;
    expect(await refused(ana, ana)).toBe('invalidRequest');
    expect(await refused(ana, `mbr_${'f'.repeat(32)}`)).toBe('memberNotFound');
    expect(await refused(`mbr_${'f'.repeat(32)}`, ana)).toBe('memberNotFound');
    expect(await refused(ana, bea, 'other')).toBe('memberNotFound');
    expect(await refused(ana, bea, 'main/members:read')).toBe('forbidden');
    await merge(ana, bea);
    // Into one that is gone, of one that is gone, and of one that took over another: no chains.
    expect(await refused(cal, ana)).toBe('memberNotActive');
    expect(await refused(ana, cal)).toBe('memberNotActive');
    expect(await refused(bea, cal)).toBe('mergeChain');
    expect((await merge(dan, bea)).status).toBe(202);
    expect((await call('GET', `/v1/members/${cal}`)).body.version).toBe(1);
    expect((await call('GET', `/v1/members/${bea}`)).body.version).toBe(3);
  });

  it('given more cards together than a member may have, then the limit is named; at the limit they are merged', async () => {
    const into = await enrol(10);
    for (let n = 10; n < 45; n += 1) {
      await call('POST', `/v1/members/${into}/identifiers`, { kind: 'card', value: `CARD-${++cards}` });
    }
    expect((await merge(await enrol(6), into)).body).toMatchObject({ code: 'memberLimitReached', limit: 'identifiers', max: 50 });
    expect((await merge(await enrol(5), into)).status).toBe(202);
  });

  it('given merges that cross each other at once, then one of them is made', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [ana, bea] = [await enrol(), await enrol()];
      const answers = await Promise.all([merge(ana, bea), merge(bea, ana), merge(ana, bea)]);
      const statuses = answers.map(({ status }) => status);
      const anaFirst = statuses[0] === 202;
      expect(statuses).toEqual(anaFirst ? [202, 409, 202] : [409, 202, 409]);
    }
  });
});
