import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  checkProgramme, defaultProgramme, OtherProgramme, type Programme, programmeOf, programmeVariables, systemClock,
} from '@trebol/chassis';
import { openEventStore } from '@trebol/event-store';
import { freshDatabase } from '@trebol/testing';
import pg from 'pg';
import { type RoleName, ROLES } from './database-roles.ts';
import { type PreparedRole, prepareDatabase } from './prepare-database.ts';

const identifierKey = Buffer.alloc(32, 7);
const names = Object.keys(ROLES) as RoleName[];

/** Roles belong to the whole server: this suite is the only one that makes them. */
describe('a database for separate processes', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let roles: Readonly<Record<RoleName, PreparedRole>>;
  const passwordOf = (name: RoleName): string => `secret-of-${name}`;
  const prepared = (programme?: Programme) => prepareDatabase({ databaseUrl: database.url, identifierKey, programme, passwordOf });

  beforeAll(async () => {
    database = await freshDatabase();
    const admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    // What a platform in one process has left: owned by whoever it ran as.
    await admin.query(
      'CREATE SCHEMA earning; CREATE TABLE earning.ticket (id int GENERATED ALWAYS AS IDENTITY); INSERT INTO earning.ticket DEFAULT VALUES'
    );
    await admin.end();
    roles = await prepared();
  });
  afterAll(() => database.drop());

  const as = async <T>(name: RoleName, sql: string): Promise<T[]> => {
    const client = new pg.Client({ connectionString: roles[name].url });
    await client.connect();
    try {
      return (await client.query(sql)).rows as T[];
    } finally {
      await client.end();
    }
  };

  it.each(names)('given the role of %s, then it owns its schema and may log in', async (name) => {
    await as(name, `CREATE TABLE ${ROLES[name].schema}.mine (id int); DROP TABLE ${ROLES[name].schema}.mine`);
  });

  it('given tables that one process made, then the service owns them, with their sequences', async () => {
    await as(
      'earning', 'INSERT INTO earning.ticket DEFAULT VALUES; ALTER TABLE earning.ticket ADD COLUMN more int'
    );
    expect(await as('earning', 'SELECT count(*)::int AS n FROM earning.ticket')).toEqual([{ n: 2 }]);
  });

  it.each([
    ['enrollment', 'SELECT * FROM earning.ticket'], [
      'segmentation', 'CREATE TABLE event_store.x (id int)',
    ], ['ledger', 'CREATE TABLE bus.x (id int)'],
    [
      'redemption', 'INSERT INTO access.installation VALUES (1, 2)',
    ], ['bus', 'SELECT * FROM access.api_key'], ['ledger', 'CREATE SCHEMA mine'],
    ['earning', 'CREATE TABLE public.x (id int)'],
  ] as const)('given the role of %s, when it says %s, then PostgreSQL refuses', async (name, sql) => {
    await expect(as(name, sql)).rejects.toThrow('permission denied');
  });

  it('given a service, then it may read keys and the fingerprint of the identifier key, and no more', async () => {
    expect(await as('ledger', 'SELECT count(*)::int AS n FROM access.api_key')).toEqual([{ n: 0 }]);
    expect(
      await as('enrollment', 'SELECT name FROM access.installation ORDER BY name')
    ).toEqual([{ name: 'identifierKey' }, { name: 'programme' }]);
  });

  it('given it is prepared again, then nothing changes; with another identifier key it is refused', async () => {
    expect(await prepared()).toEqual(roles);
    const other = prepareDatabase({
      databaseUrl: database.url, identifierKey: Buffer.alloc(32, 8), passwordOf,
    });
    await expect(other).rejects.toThrow('another identifier key');
  });

  it('given the role of the event store, then it installs the log by itself', async () => {
    const store = await openEventStore({ url: roles.eventStore.url ?? '', clock: systemClock });
    await store.close();
  });

  it('given a programme that was noted, then a service starts with the same one only, and types are added, never taken out', async () => {
    const client = new pg.Client({ connectionString: roles.ledger.url });
    await client.connect();
    const service = { query: async <T>(sql: string) => (await client.query(sql)).rows as T };
    const withStatus = programmeOf(programmeVariables.parse({ TREBOL_POINT_TYPES: 'points,status:qualifying' }));
    try {
      await checkProgramme(service, defaultProgramme);
      await expect(checkProgramme(service, withStatus)).rejects.toThrow(OtherProgramme);
      await prepared({ ...withStatus, returnWindowDays: 365 });
      await checkProgramme(service, { ...withStatus, returnWindowDays: 365 });
      await expect(checkProgramme(service, withStatus)).rejects.toThrow('"returnWindowDays":365');
      await expect(prepared()).rejects.toThrow('status cannot be taken out');
      const types = (text: string) => programmeOf(programmeVariables.parse({ TREBOL_POINT_TYPES: text }));
      await expect(prepared(types('points,status'))).rejects.toThrow('status cannot be taken out or become another kind');
      await expect(prepared(types('stamps,points,status:qualifying'))).rejects.toThrow('points is the currency');
      await prepared(withStatus);
    } finally {
      await client.end();
    }
  });
});
