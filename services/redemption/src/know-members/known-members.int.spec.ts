import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Health, createHttpApplication, openDataSource } from '@trebol/chassis';
import { topics } from '@trebol/contracts';
import { BusTransport, type OutgoingMessage, PostgresBus } from '@trebol/messaging';
import type { PointsLedger } from '@trebol/points';
import { type TestDatabase, eventually, fixedClock, freshDatabase, realClock, sequentialIds } from '@trebol/testing';
import { redemptionDatabase, redemptionModule } from '../index.ts';

const clock = fixedClock('2026-02-10T10:00:00Z');
const ids = sequentialIds();
let database: TestDatabase;
let dataSource: Awaited<ReturnType<typeof openDataSource>>;
let bus: PostgresBus;
let app: Awaited<ReturnType<typeof createHttpApplication>>;

/** Nothing here touches a wallet. */
const noLedger: PointsLedger = {
  handle: () => Promise.reject(new Error('not asked for')),
  handleMany: async () => [],
  wallet: () => Promise.reject(new Error('not asked for')),
};

beforeAll(async () => {
  database = await freshDatabase();
  dataSource = await openDataSource({ ...redemptionDatabase, url: database.url, poolMax: 4, applicationName: 'test' });
  bus = await PostgresBus.open({ url: database.url, clock: realClock, topics: Object.values(topics) });
  app = await createHttpApplication(redemptionModule({ clock, dataSource, ledger: noLedger, identifierKey: Buffer.alloc(32, 7) }), {
    ids, health: new Health(clock), logger: false, documentation: { title: 'test', version: '0' },
    access: { keys: { verify: async () => undefined } },
  });
  app.connectMicroservice({ strategy: new BusTransport(bus) });
  await app.startAllMicroservices();
  await app.init();
});

afterAll(async () => {
  await app?.close();
  await bus?.close();
  await dataSource?.destroy();
  await database?.drop();
});

const changed = (memberId: string, version: number): OutgoingMessage => ({
  topic: topics.memberChanged.name, key: memberId, id: `main.${memberId}.${version}`, tenant: 'main', time: clock.now(),
  value: JSON.stringify({
    memberId, change: 'profileChanged', status: 'active', version, enrolledAt: '2026-02-10T10:00:00.000Z', language: 'es',
    identifiers: [{ kind: 'card', token: `${memberId}${version}`.padEnd(43, '_'), status: 'active' }], consents: [],
  }),
});

describe('members over the bus', () => {
  it('given changes published twice on the bus, when they arrive, then each member is known once, at its newest version', async () => {
    const members = Array.from({ length: 20 }, () => ids.prefixed('mbr'));
    const messages = [1, 2, 3].flatMap((version) => members.map((memberId) => changed(memberId, version)));
    await bus.publish(messages);
    await bus.publish(messages);
    await eventually(async () => {
      const [count] = await dataSource.query('SELECT count(*)::int AS n FROM redemption.member WHERE version = 3');
      return count.n === 20;
    }, 'twenty members at version 3');
    expect(await dataSource.query('SELECT count(*)::int AS n FROM redemption.member_identifier')).toEqual([{ n: 20 }]);
  });

  it('given the application, then its document names every route and its shapes', async () => {
    await app.getHttpAdapter().getInstance().ready();
    const document = (await app.inject({ method: 'GET', url: '/openapi.json' })).json<{ paths: Record<string, object> }>();
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining([
      '/v1/holds', '/v1/holds/{id}/capture', '/v1/holds/{id}/release', '/v1/redemptions', '/v1/redemptions/{id}/cancel', '/v1/till/member-card',
    ]));
  });
});
