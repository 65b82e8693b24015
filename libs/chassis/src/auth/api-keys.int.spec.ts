import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fixedClock, freshDatabase, sequentialIds } from '@trebol/testing';
import type { DataSource } from 'typeorm';
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
});
