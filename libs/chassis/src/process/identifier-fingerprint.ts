import { hash } from 'node:crypto';
import { CreateApiKey } from '../auth/access.migration.ts';

/** What `openDataSource` needs to open the schema of API keys. */
export const accessDatabase = { schema: 'access', entities: [], migrations: [CreateApiKey] } as const;

/** Characters of the fingerprint: enough to tell keys apart, far too few to guess one from. */
const FINGERPRINT_CHARACTERS = 16;

/** The key of the identifier tokens is not the one this database was filled with. */
export class OtherIdentifierKey extends Error {
  override readonly name = 'OtherIdentifierKey';
  constructor() {
    super(
      'this database was filled with another identifier key: use its data folder, or its key in TREBOL_IDENTIFIER_KEY'
    );
  }
}

/** Anything that runs SQL: a TypeORM data source, a pg client behind an adapter. */
export interface RunsSql { query<T>(sql: string, parameters?: unknown[]): Promise<T> }

const fingerprintOf = (key: Buffer): string => hash('sha256', key, 'hex').slice(0, FINGERPRINT_CHARACTERS);

/**
 * Keeps a fingerprint of the key in schema `access`, the first time; afterwards refuses another key with
 * `OtherIdentifierKey`. With another key every member would silently be a stranger.
 */
export async function rememberIdentifierKey(access: RunsSql, key: Buffer): Promise<void> {
  await access.query(
    'CREATE TABLE IF NOT EXISTS access.installation (name text PRIMARY KEY, value text NOT NULL)'
  );
  await access.query(
    `INSERT INTO access.installation (name, value) VALUES ('identifierKey', $1) ON CONFLICT (name) DO NOTHING`,
    [fingerprintOf(key)]
  );
  await checkIdentifierKey(access, key);
}

/** The same for a role that may only read: refuses another key, and a database that nobody has prepared. */
export async function checkIdentifierKey(access: RunsSql, key: Buffer): Promise<void> {
  const [kept] = await access.query<{ value: string }[]>(`SELECT value FROM access.installation WHERE name = 'identifierKey'`);
  if (kept?.value !== fingerprintOf(key)) throw new OtherIdentifierKey();
}
