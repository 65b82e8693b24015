import type { Clock } from '@trebol/contracts';
import type { DataSource } from 'typeorm';
import { Problem } from '../problems/problem.ts';
import { requestHash } from './canonical-json.ts';

/** A request that has not answered after this long is taken for dead, and the next one with its key does the work. */
const LEASE_MS = 30_000;

/** Answers are kept this long: a till that was offline over a day still gets the first answer. */
const KEPT_MS = 48 * 3_600_000;

/** Rows deleted by one statement, so that no lock is held for long. */
const FORGET_BATCH_MAX = 1_000;

/** What names a request: the same four mean the same request. */
export interface IdempotentRequest {
  readonly tenant: string;
  /** The operation, such as `holds.create`: one key may be used once for each. */
  readonly operation: string;
  readonly key: string;
  /** What was asked; the path's parameters belong in here too. */
  readonly body: unknown;
}

/** An answer to a request; `body` is what JSON makes of it. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** `replayed`: the first answer, given again. */
export type IdempotentAnswer = Answer & { readonly replayed: boolean };

interface Row {
  readonly request_hash: Buffer;
  readonly status: number | null;
  readonly body: string | null;
}

/**
 * Remembers answers by Idempotency-Key. Work that throws leaves nothing behind (the refusal is decided afresh next time); work
 * that returns is answered the same for 48 hours. Because a lease may lapse while slow work still runs, work must itself be
 * idempotent: derive ids from tenant and key.
 */
export class IdempotencyStore {
  readonly #dataSource: DataSource;
  readonly #clock: Clock;
  readonly #table: string;

  /** The data source's schema holds the table of `idempotencyMigration(schema)`. */
  constructor(dataSource: DataSource, clock: Clock) {
    this.#dataSource = dataSource;
    this.#clock = clock;
    this.#table = `"${dataSource.driver.schema ?? 'public'}".idempotency`;
  }

  /** Does the work once. Refusals: `idempotencyConflict` (key used with another body), `inFlight` (not finished yet). */
  async run(request: IdempotentRequest, work: () => Promise<Answer>): Promise<IdempotentAnswer> {
    const digest = requestHash(request.body);
    const leasedUntilMs = this.#clock.now() + LEASE_MS;
    if (!(await this.#claim(request, digest, leasedUntilMs))) return this.#earlier(request, digest);
    let answer: Answer;
    try {
      answer = await work();
    } catch (error) {
      await this.#release(request, leasedUntilMs);
      throw error;
    }
    return this.#keep(request, answer);
  }

  /** Deletes one batch of answers older than 48 hours; returns how many. Call again while it returns the batch's size. */
  async forgetExpired(batchMax: number = FORGET_BATCH_MAX): Promise<number> {
    const [, count] = await this.#dataSource.query<[unknown, number]>(
      `DELETE FROM ${this.#table} WHERE ctid IN (
         SELECT ctid FROM ${this.#table} WHERE created_at < to_timestamp($1 / 1000.0) ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [this.#clock.now() - KEPT_MS, batchMax]);
    return count;
  }

  /**
   * Takes the key when it is fresh or its lease has lapsed. The commit does not wait for the disk: a claim lost in a crash lets
   * the request be made again, which is what a client does anyway.
   */
  async #claim(request: IdempotentRequest, digest: Buffer, leasedUntilMs: number): Promise<boolean> {
    const rows = await this.#dataSource.query<unknown[]>(
      `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
       INSERT INTO ${this.#table} AS known (tenant, operation, key, request_hash, leased_until, created_at)
       SELECT $1, $2, $3, $4, to_timestamp($5 / 1000.0), to_timestamp($6 / 1000.0) FROM quick
       ON CONFLICT (tenant, operation, key) DO UPDATE SET leased_until = excluded.leased_until
         WHERE known.status IS NULL AND known.leased_until <= excluded.created_at AND known.request_hash = excluded.request_hash
       RETURNING 1`,
      [request.tenant, request.operation, request.key, digest, leasedUntilMs, leasedUntilMs - LEASE_MS]);
    return rows.length > 0;
  }

  async #earlier(request: IdempotentRequest, digest: Buffer): Promise<IdempotentAnswer> {
    const row = await this.#row(request);
    // Released between our claim and our look: its owner failed, and the caller may simply ask again.
    if (row === undefined) throw new Problem('inFlight');
    if (!row.request_hash.equals(digest)) throw new Problem('idempotencyConflict');
    if (row.status === null) throw new Problem('inFlight');
    return replay(row.status, row.body);
  }

  /** The first answer stays: one that comes late, after its lease was taken over, is dropped for it. */
  async #keep(request: IdempotentRequest, answer: Answer): Promise<IdempotentAnswer> {
    const [, count] = await this.#dataSource.query<[unknown, number]>(
      `UPDATE ${this.#table} SET status = $4, body = $5 WHERE tenant = $1 AND operation = $2 AND key = $3 AND status IS NULL`,
      [request.tenant, request.operation, request.key, answer.status, JSON.stringify(answer.body) ?? null]);
    if (count > 0) return { ...answer, replayed: false };
    const row = await this.#row(request);
    return row === undefined || row.status === null ? { ...answer, replayed: false } : replay(row.status, row.body);
  }

  /** Only its own claim: another request may have taken over a lapsed lease. */
  async #release(request: IdempotentRequest, leasedUntilMs: number): Promise<void> {
    await this.#dataSource.query(
      `DELETE FROM ${this.#table}
        WHERE tenant = $1 AND operation = $2 AND key = $3 AND status IS NULL AND leased_until = to_timestamp($4 / 1000.0)`,
      [request.tenant, request.operation, request.key, leasedUntilMs]);
  }

  async #row(request: IdempotentRequest): Promise<Row | undefined> {
    const [row] = await this.#dataSource.query<Row[]>(
      `SELECT request_hash, status, body FROM ${this.#table} WHERE tenant = $1 AND operation = $2 AND key = $3`,
      [request.tenant, request.operation, request.key]);
    return row;
  }
}

function replay(status: number, body: string | null): IdempotentAnswer {
  return { status, body: body === null ? undefined : (JSON.parse(body) as unknown), replayed: true };
}
