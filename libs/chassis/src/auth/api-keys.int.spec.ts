import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fixedClock, freshDatabase, sequentialIds } from '@trebol/testing';
import type { DataSource, QueryRunner } from 'typeorm';
import { openDataSource } from '../database/open-data-source.ts';
import { CreateApiKey } from './access.migration.ts';
import { ApiKeys } from './api-keys.ts';

describe('API keys', () => {
  const clock = fixedClock('2026-03-01T08:00:00Z');
  let database: { url: string; drop(): Promise<void> };
  let dataSource: DataSource;
  let keys: ApiKeys;
  let queries = 0;

  const another = () => new ApiKeys({ dataSource, clock, ids: sequentialIds() });

  beforeAll(async () => {
    database = await freshDatabase();
    dataSource = await openDataSource({
      url: database.url, schema: 'access', migrations: [CreateApiKey], poolMax: 2, applicationName: 'access-spec',
    });
    const query = dataSource.query.bind(dataSource);
    dataSource.query = ((...args: Parameters<typeof query>) => {
      queries += 1;
      return query(...args);
    }) as typeof query;
    keys = another();
  });

  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const create = () => keys.create({ tenant: 'main', name: 'till 1', kind: 'test', scopes: ['till:read'], storeId: 's1' });

  it('given a new key, when it is shown, then it is known by tenant, scopes and store, and stored only as a hash', async () => {
    const { keyId, key } = await create();
    expect(key).toMatch(/^trb_test_[A-Za-z0-9_-]{43}$/);
    await expect(another().verify(key)).resolves.toEqual({ tenant: 'main', keyId, scopes: ['till:read'], storeId: 's1' });
    const rows = await dataSource.query<Record<string, unknown>[]>('SELECT * FROM access.api_key');
    expect(JSON.stringify(rows)).not.toContain(key);
    await expect(keys.list('main')).resolves.toMatchObject([{ keyId, prefix: key.slice(0, 14), revokedAt: null }]);
    await expect(keys.list('other')).resolves.toEqual([]);
  });

  it('given a key without a store, then its caller has none', async () => {
    const { key } = await keys.create({ tenant: 'main', name: 'admin', kind: 'live', scopes: ['*'] });
    expect(await keys.verify(key)).not.toHaveProperty('storeId');
  });

  it('given a hundred requests with one key at once and later, then there is one query until its minute is over', async () => {
    const { key } = await create();
    const fresh = another();
    queries = 0;
    await Promise.all(Array.from({ length: 100 }, () => fresh.verify(key)));
    clock.advance(59_000);
    await fresh.verify(key);
    expect(queries).toBe(1);
    clock.advance(1_000);
    await fresh.verify(key);
    expect(queries).toBe(2);
  });

  it('given a wrong key, when it is tried again and again, then one query in ten seconds refuses it; nonsense costs none', async () => {
    const fresh = another();
    queries = 0;
    for (let tries = 0; tries < 5; tries += 1) await expect(fresh.verify(`trb_live_${'A'.repeat(43)}`)).resolves.toBeUndefined();
    await expect(fresh.verify('nonsense')).resolves.toBeUndefined();
    expect(queries).toBe(1);
    clock.advance(10_000);
    await fresh.verify(`trb_live_${'A'.repeat(43)}`);
    expect(queries).toBe(2);
  });

  it('given a revoked key, then it ends at once here and within a minute elsewhere; revoking twice changes nothing', async () => {
    const { keyId, key } = await create();
    const elsewhere = another();
    await elsewhere.verify(key);
    await expect(keys.revoke('other', keyId)).resolves.toBe(false);
    await expect(keys.revoke('main', keyId)).resolves.toBe(true);
    await expect(keys.revoke('main', keyId)).resolves.toBe(false);
    await expect(keys.verify(key)).resolves.toBeUndefined();
    clock.advance(60_000);
    await expect(elsewhere.verify(key)).resolves.toBeUndefined();
  });

  it('given a database that fails, when a key is asked for, then the failure is not remembered', async () => {
    const { key } = await create();
    let failing = true;
    const query = (...args: Parameters<DataSource['query']>) => (failing ? Promise.reject(new Error('down')) : dataSource.query(...args));
    const shaky = { query };
    const fresh = new ApiKeys({ dataSource: shaky as unknown as DataSource, clock, ids: sequentialIds() });
    await expect(fresh.verify(key)).rejects.toThrow('down');
    failing = false;
    await expect(fresh.verify(key)).resolves.toMatchObject({ tenant: 'main' });
  });

  it('given a key with an end, when it is believed already, then it ends at its instant all the same, here and elsewhere', async () => {
    const { key } = await keys.create({ tenant: 'main', name: 'session', kind: 'test', scopes: ['*'], expiresAt: clock.now() + 30_000 });
    const elsewhere = another();
    clock.advance(29_999);
    await expect(Promise.all([keys.verify(key), elsewhere.verify(key)])).resolves.toMatchObject([{ tenant: 'main' }, { tenant: 'main' }]);
    clock.advance(1);
    await expect(Promise.all([keys.verify(key), elsewhere.verify(key), another().verify(key)])).resolves.toEqual([undefined, undefined, undefined]);
  });

  it.each([
    ['an empty store', { storeId: '' }], ['no scope', { scopes: [] }], ['a malformed scope', { scopes: ['all'] }], ['no name', { name: '' }],
    ['an end that is now', { expiresAt: 0 }],
  ])('given %s, then no key is made', async (_name, change) => {
    const before = await keys.list('main');
    await expect(keys.create({ tenant: 'main', name: 'x', kind: 'test', scopes: ['*'], ...change })).rejects.toThrow();
    await expect(keys.list('main')).resolves.toEqual(before);
  });

  it('given keys that ended more than a month ago, when they are forgotten, then those in force and those that ended since stay', async () => {
    const make = (name: string, expiresAt?: number) =>
      keys.create({ tenant: 'tidy', name, kind: 'test', scopes: ['*'], ...(expiresAt === undefined ? {} : { expiresAt }) });
    await make('old session', clock.now() + 1);
    const { keyId } = await make('revoked');
    await keys.revoke('tidy', keyId);
    clock.advance(31 * 86_400_000);
    await make('lasting');
    await make('late session', clock.now() + 1);
    expect(await keys.forgetEnded()).toBeGreaterThanOrEqual(2);
    expect((await keys.list('tidy')).map(({ name }) => name)).toEqual(['late session', 'lasting']);
  });
});

describe('a database of before keys could end', () => {
  it('given its table with a key, when the platform is started anew, then the key is still good and has no end', async () => {
    const database = await freshDatabase();
    const open = (migrations: readonly Function[]) =>
      openDataSource({ url: database.url, schema: 'access', migrations, poolMax: 1, applicationName: 'access-spec' });
    const before = await open([class CreateApiKeyBefore {
      name = 'CreateApiKey1764000000001';
      async up(runner: QueryRunner): Promise<void> {
        await new CreateApiKey().up(runner);
        await runner.query('ALTER TABLE access.api_key DROP COLUMN expires_at');
      }
      down(): Promise<void> {
        return Promise.resolve();
      }
    }]);
    await before.query(`INSERT INTO access.api_key (tenant, key_id, key_hash, prefix, name, scopes, created_at)
      VALUES ('main', 'key_1', sha256('x'), 'trb_test_', 'admin', '{*}', now())`);
    await before.destroy();
    const after = await open([CreateApiKey]);
    const keys = new ApiKeys({ dataSource: after, clock: fixedClock(0), ids: sequentialIds() });
    await expect(keys.list('main')).resolves.toMatchObject([{ keyId: 'key_1', expiresAt: null }]);
    await after.destroy();
    await database.drop();
  });
});
