import { randomBytes } from 'node:crypto';
import {
  accessDatabase, defaultProgramme, openDataSource, type Programme, rememberIdentifierKey, rememberProgramme,
} from '@trebol/chassis';
import pg from 'pg';
import { type RoleName, ROLES, roleOf, roleStatements, sharedStatements } from './database-roles.ts';

/** Bytes of a password that is made here. */
const PASSWORD_BYTES = 24;

export interface PreparedRole {
  readonly role: string;
  readonly schema: string;
  /**
   * With the password where it is known: given, or made just now. An existing role keeps a password that
   * nobody here knows.
   */
  readonly url: string | undefined;
}

export interface PrepareOptions {
  /** An administrator's: may make roles and schemas. */
  readonly databaseUrl: string;
  readonly identifierKey: Buffer;
  /** Default: one spendable type, `points`. */
  readonly programme?: Programme | undefined;
  readonly passwordOf: (name: RoleName) => string | undefined;
}

const names = Object.keys(ROLES) as RoleName[];

/**
 * Makes a PostgreSQL database ready for one process per service: a role and a schema for each, the tables of
 * API keys, the fingerprint of the identifier key, and the programme's settings. Repeatable; a database that a platform in one process
 * has filled is handed over to the roles as it is.
 */
export async function prepareDatabase(
  options: PrepareOptions
): Promise<Readonly<Record<RoleName, PreparedRole>>> {
  const client = new pg.Client({
    connectionString: options.databaseUrl, application_name: 'trebol db roles',
  });
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock(hashtextextended('trebol.db.roles', 0))");
    const access = await openDataSource({
      ...accessDatabase, url: options.databaseUrl, poolMax: 1, applicationName: 'trebol db roles',
    });
    try {
      await rememberIdentifierKey(access, options.identifierKey);
      await rememberProgramme(access, options.programme ?? defaultProgramme);
    } finally {
      await access.destroy();
    }
    const passwords = await makeRoles(client, options);
    return Object.fromEntries(
      names.map((name) => [name, prepared(name, options.databaseUrl, passwords.get(name))])
    ) as Record<RoleName, PreparedRole>;
  } finally {
    await client.end();
  }
}

async function makeRoles(
  client: pg.Client, { passwordOf }: PrepareOptions
): Promise<ReadonlyMap<RoleName, string>> {
  const database = (await client.query<{ name: string }>('SELECT current_database() AS name')).rows[0]?.name ?? '';
  const there = await client.query<{ rolname: string }>(
    'SELECT rolname FROM pg_roles WHERE rolname = ANY($1)', [names.map(roleOf)]
  );
  const existing = new Set(there.rows.map(({ rolname }) => rolname));
  const passwords = new Map<RoleName, string>();
  await client.query('BEGIN');
  for (const name of names) {
    const exists = existing.has(roleOf(name));
    const password = passwordOf(name) ?? (exists ? undefined : randomBytes(PASSWORD_BYTES).toString('base64url'));
    if (password !== undefined) passwords.set(name, password);
    for (const statement of roleStatements(
      name, { database, exists, password }
    )) await client.query(statement);
  }
  for (const statement of sharedStatements(database)) await client.query(statement);
  await client.query('COMMIT');
  return passwords;
}

function prepared(name: RoleName, databaseUrl: string, password: string | undefined): PreparedRole {
  if (password === undefined) return { role: roleOf(name), schema: ROLES[name].schema, url: undefined };
  const url = new URL(databaseUrl);
  url.username = roleOf(name);
  url.password = password;
  return { role: roleOf(name), schema: ROLES[name].schema, url: url.href };
}
