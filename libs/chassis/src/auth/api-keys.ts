import { hash } from 'node:crypto';
import type { Clock, Ids } from '@trebol/contracts';
import type { DataSource } from 'typeorm';
import { randomToken } from '../clock/system-ids.ts';
import type { Caller } from './caller.ts';
import { type NewApiKey, newKey } from './new-key.ts';

/** A verified key is believed this long, so a revoked key may still work that long in other processes. */
const BELIEVED_MS = 60_000;

/** An unknown key is refused this long without a query, so that guessing costs the database nothing. */
const REFUSED_MS = 10_000;

/** Keys remembered; beyond it the oldest are forgotten and asked for again. */
const CACHE_KEYS_MAX = 10_000;

/** Bytes of randomness in a key (43 characters of base64url). */
const SECRET_BYTES = 32;

/** Ended keys are kept a month, for whoever asks why a till was refused. */
const ENDED_KEPT_MS = 30 * 86_400_000;

/** Characters of a key that lists show: `trb_test_` and five more. */
const SHOWN_CHARACTERS = 14;

const KEY_PATTERN = /^trb_(?:test|live)_[A-Za-z0-9_-]{43}$/;

/** A key as lists show it. */
export interface ListedApiKey {
  readonly keyId: string;
  readonly prefix: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly storeId: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

/** Which keys of a tenant, and from where on. */
export interface KeyPage {
  /** At most this many. */
  readonly limit: number;
  /** Id of the last key seen; absent: from the newest on. */
  readonly after?: string | undefined;
  /** Revoked and expired keys too. */
  readonly ended: boolean;
}

interface Known {
  readonly caller: Caller;
  readonly expiresMs: number;
}

interface Remembered {
  readonly known: Promise<Known | undefined>;
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

  /**
   * Makes a key. Its text is shown this once and kept nowhere. What cannot be a key (an empty store id, a malformed scope, an end that
   * has passed) is refused with a ZodError or RangeError.
   */
  async create(wanted: NewApiKey): Promise<{ keyId: string; key: string }> {
    const { tenant, name, kind, scopes, storeId, expiresAt } = newKey.parse(wanted);
    const nowMs = this.#parts.clock.now();
    if (expiresAt !== undefined && expiresAt <= nowMs) throw new RangeError('a key must end after it is made');
    const key = `trb_${kind}_${randomToken(SECRET_BYTES)}`;
    const keyId = this.#parts.ids.prefixed('key');
    await this.#parts.dataSource.query(
      `INSERT INTO access.api_key (tenant, key_id, key_hash, prefix, name, scopes, store_id, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8 / 1000.0), to_timestamp($9 / 1000.0))`,
      [tenant, keyId, hash('sha256', key, 'buffer'), key.slice(0, SHOWN_CHARACTERS), name, scopes, storeId ?? null,
        nowMs, expiresAt ?? null],
    );
    return { keyId, key };
  }

  /** Who the key belongs to; undefined when it is unknown, revoked or expired. No query for a key seen within the last minute. */
  async verify(key: string): Promise<Caller | undefined> {
    if (!KEY_PATTERN.test(key)) return undefined;
    const digest = hash('sha256', key, 'base64');
    const nowMs = this.#parts.clock.now();
    const seen = this.#seen.get(digest);
    const known = await (seen !== undefined && seen.untilMs > nowMs ? seen.known : this.#ask(digest, nowMs));
    return known === undefined || known.expiresMs <= this.#parts.clock.now() ? undefined : known.caller;
  }

  /** Keys of a tenant, newest first, ended ones too. */
  list(tenant: string): Promise<readonly ListedApiKey[]> {
    return this.page(tenant, { limit: CACHE_KEYS_MAX, ended: true });
  }

  /** Some keys of a tenant, newest first. */
  async page(tenant: string, { limit, after, ended }: KeyPage): Promise<readonly ListedApiKey[]> {
    // Ids are UUIDv7 behind a prefix: their order is that of time.
    return this.#parts.dataSource.query<ListedApiKey[]>(
      `SELECT key_id AS "keyId", prefix, name, scopes, store_id AS "storeId", created_at AS "createdAt",
              expires_at AS "expiresAt", revoked_at AS "revokedAt"
         FROM access.api_key
        WHERE tenant = $1 AND ($2::text IS NULL OR key_id < $2)
          AND ($3 OR (revoked_at IS NULL AND (expires_at IS NULL OR expires_at > to_timestamp($4 / 1000.0))))
        ORDER BY key_id DESC LIMIT $5`, [tenant, after ?? null, ended, this.#parts.clock.now(), limit]);
  }

  /** Ends a key: here at once, in other processes within a minute. Returns false when there was no such key in force. */
  async revoke(tenant: string, keyId: string): Promise<boolean> {
    const [, count] = await this.#parts.dataSource.query<[unknown, number]>(
      'UPDATE access.api_key SET revoked_at = to_timestamp($3 / 1000.0) WHERE tenant = $1 AND key_id = $2 AND revoked_at IS NULL',
      [tenant, keyId, this.#parts.clock.now()]);
    this.#seen.clear();
    return count > 0;
  }

  /** Forgets keys that ended more than a month ago, such as those of commands; returns how many. */
  async forgetEnded(): Promise<number> {
    const [, count] = await this.#parts.dataSource.query<[unknown, number]>(
      'DELETE FROM access.api_key WHERE least(revoked_at, expires_at) < to_timestamp($1 / 1000.0)', [this.#parts.clock.now() - ENDED_KEPT_MS]);
    return count;
  }

  /** One query however many requests wait for the same key; its failure is not remembered. */
  #ask(digest: string, nowMs: number): Promise<Known | undefined> {
    const remembered: Remembered = { known: this.#read(digest), untilMs: nowMs + BELIEVED_MS };
    this.#seen.delete(digest);
    this.#seen.set(digest, remembered);
    const oldest = this.#seen.size > CACHE_KEYS_MAX ? this.#seen.keys().next().value : undefined;
    if (oldest !== undefined) this.#seen.delete(oldest);
    remembered.known.then(
      (known) => {
        if (known === undefined) remembered.untilMs = nowMs + REFUSED_MS;
      },
      () => this.#seen.delete(digest),
    );
    return remembered.known;
  }

  async #read(digest: string): Promise<Known | undefined> {
    const [row] = await this.#parts.dataSource.query<KeyRow[]>(
      `SELECT tenant, key_id AS "keyId", scopes, store_id AS "storeId", expires_at AS "expiresAt"
         FROM access.api_key WHERE key_hash = $1 AND revoked_at IS NULL`, [Buffer.from(digest, 'base64')]);
    if (row === undefined) return undefined;
    const { storeId, expiresAt, ...caller } = row;
    return { caller: storeId === null ? caller : { ...caller, storeId }, expiresMs: expiresAt?.getTime() ?? Number.POSITIVE_INFINITY };
  }
}

interface KeyRow {
  readonly tenant: string;
  readonly keyId: string;
  readonly scopes: string[];
  readonly storeId: string | null;
  readonly expiresAt: Date | null;
}
