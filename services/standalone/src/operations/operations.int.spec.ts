import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase } from '@trebol/testing';
import { type Operations, openOperations } from './open-operations.ts';

describe('operators on a database', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let operations: Operations;
  beforeAll(async () => {
    database = await freshDatabase();
    operations = await openOperations({
      databaseUrl: database.url, busUrl: undefined, eventStoreUrl: undefined, dataFolder: '/nowhere',
    });
  });
  afterAll(async () => {
    await operations.close();
    await database.drop();
  });

  it('given a database without a wallet, when it is verified and rebuilt, then both have nothing to say', async () => {
    expect(await operations.verify()).toMatchObject({ wallets: 0, events: 0, differences: [] });
    expect(await operations.rebuild()).toEqual({ events: 0 });
  });

  it('given chain heads that an earlier run told, when the log goes on from them, then all is well; when not, then the lane is named', async () => {
    const { chainHeads } = await operations.verify();
    const noted = chainHeads ?? [];
    expect(noted.map(({ lane }) => lane)).toEqual(['bulk', 'interactive']);
    expect((await operations.verify({ noted })).differences).toEqual([]);
    const other = noted.map((head) => ({ ...head, position: head.position + 5 }));
    expect((await operations.verify({ noted: other })).differences).toEqual([expect.stringContaining('lane bulk: history up to position')]);
  });

  it('given a key, when it is listed and revoked, then it is in force once', async () => {
    const keys = await operations.keys();
    const { keyId } = await keys.create({
      tenant: 'main', name: 'till', kind: 'test', scopes: ['points:read'],
    });
    expect((await keys.list('main')).map((key) => key.name)).toEqual(['till']);
    expect(await keys.revoke('main', keyId)).toBe(true);
    expect(await keys.revoke('main', keyId)).toBe(false);
  });

  it('given no dead letter, when they are listed, then there are none', async () => {
    expect(await (await operations.deadLetters()).list('earning.members.v1')).toEqual([]);
  });
});
