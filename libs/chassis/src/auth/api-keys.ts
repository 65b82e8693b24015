import { hash } from 'node:crypto';
import type { Clock, Ids } from '@trebol/contracts';
import type { DataSource } from 'typeorm';
import { randomToken } from '../clock/system-ids.ts';
import type { Caller } from './caller.ts';

/** A verified key is believed this long, so a revoked key may still work that long in other processes. */
const BELIEVED_MS = 60_000;

/** An unknown key is refused this long without a query, so that guessing costs the database nothing. */
const REFUSED_MS = 10_000;

/** Keys remembered; beyond it the oldest are forgotten and asked for again. */
const CACHE_KEYS_MAX = 10_000;

/** Bytes of randomness in a key (43 characters of base64url). */
const SECRET_BYTES = 32;

/** Characters of a key that lists show: `trb_test_` and five more. */
const SHOWN_CHARACTERS = 14;

const KEY_PATTERN = /^trb_(?:test|live)_[A-Za-z0-9_-]{43}$/;

/** What a key is made for. */
export interface NewApiKey {
  readonly tenant: string;
  readonly name: string;
  readonly kind: 'test' | 'live';
  readonly scopes: readonly string[];
  readonly storeId?: string;
}

/** A key as lists show it. */
export interface ListedApiKey {
  readonly keyId: string;
  readonly prefix: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly storeId: string | null;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

interface Remembered {
  readonly caller: Promise<Caller | undefined>;
  untilMs: number;
}

/** Parts of `ApiKeys`; the data source is that of schema `access` (migration `CreateApiKey`). */
export interface ApiKeysParts {
  readonly dataSource: DataSource;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** API keys: stored as SHA-256 (a key has 256 random bits, so a slow hash would add nothing), verified from memory. */
export class ApiKeys {
  readonly #parts: ApiKeysParts;
  readonly #seen = new Map<string, Remembered>();

  constructor(parts: ApiKeysParts) {
    this.#parts = parts;
  }

  /** Makes a key. Its text is shown this once and kept nowhere. */
  async create(wanted: NewApiKey): Promise<{ keyId: string; key: string }> {
    const key = `trb_${wanted.kind}_${randomToken(SECRET_BYTES)}`;
    const keyId = this.#parts.ids.prefixed('key');
    await this.#parts.dataSource.query(
      `INSERT INTO access.api_key (tenant, key_id, key_hash, prefix, name, scopes, store_id, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8 / 1000.0))`,
      [wanted.tenant, keyId, hash('sha256', key, 'buffer'), key.slice(0, SHOWN_CHARACTERS), wanted.name, wanted.scopes,
        wanted.storeId ?? null, this.#parts.clock.now()],
    );
    return { keyId, key };
  }

  /** Who the key belongs to; undefined when it is unknown or revoked. No query for a key seen within the last minute. */
  verify(key: string): Promise<Caller | undefined> {
    if (!KEY_PATTERN.test(key)) return Promise.resolve(undefined);
    const digest = hash('sha256', key, 'base64');
    const nowMs = this.#parts.clock.now();
    const known = this.#seen.get(digest);
    if (known !== undefined && known.untilMs > nowMs) return known.caller;
    return this.#ask(digest, nowMs);
  }

  /** Keys of a tenant, newest first, revoked ones too. */
  async list(tenant: string): Promise<readonly ListedApiKey[]> {
    return this.#parts.dataSource.query<ListedApiKey[]>(
      `SELECT key_id AS "keyId", prefix, name, scopes, store_id AS "storeId", created_at AS "createdAt", revoked_at AS "revokedAt"
         FROM access.api_key WHERE tenant = $1 ORDER BY created_at DESC, key_id DESC`, [tenant]);
  }

  /** Ends a key: here at once, in other processes within a minute. Returns false when there was no such key in force. */
  async revoke(tenant: string, keyId: string): Promise<boolean> {
    const [, count] = await this.#parts.dataSource.query<[unknown, number]>(
      'UPDATE access.api_key SET revoked_at = to_timestamp($3 / 1000.0) WHERE tenant = $1 AND key_id = $2 AND revoked_at IS NULL',
      [tenant, keyId, this.#parts.clock.now()]);
    this.#seen.clear();
    return count > 0;
  }

  /** One query however many requests wait for the same key; its failure is not remembered. */
  #ask(digest: string, nowMs: number): Promise<Caller | undefined> {
    const remembered: Remembered = { caller: this.#read(digest), untilMs: nowMs + BELIEVED_MS };
    this.#seen.delete(digest);
    this.#seen.set(digest, remembered);
    const oldest = this.#seen.size > CACHE_KEYS_MAX ? this.#seen.keys().next().value : undefined;
    if (oldest !== undefined) this.#seen.delete(oldest);
    remembered.caller.then(
      (caller) => {
        if (caller === undefined) remembered.untilMs = nowMs + REFUSED_MS;
      },
      () => this.#seen.delete(digest),
    );
    return remembered.caller;
  }

  async #read(digest: string): Promise<Caller | undefined> {
    const [row] = await this.#parts.dataSource.query<{ tenant: string; keyId: string; scopes: string[]; storeId: string | null }[]>(
      `SELECT tenant, key_id AS "keyId", scopes, store_id AS "storeId"
         FROM access.api_key WHERE key_hash = $1 AND revoked_at IS NULL`, [Buffer.from(digest, 'base64')]);
    if (row === undefined) return undefined;
    const { storeId, ...caller } = row;
    return storeId === null ? caller : { ...caller, storeId };
  }
}
