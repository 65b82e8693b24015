import { IdempotencyStore, type IdempotentAnswer, Problem, requestHash } from '@trebol/chassis';
import type { Clock } from '@trebol/contracts';
import type { DataSource } from 'typeorm';
import { RefusedByLedger } from './refusals.ts';
import { type Prepared, SharedStatement, rowsOf } from './shared-statement.ts';
import type { Asking } from './settings.ts';

/**
 * A request without an answer for so long is taken for dead, and the next with its key does the work. A till stands and waits, so it is short;
 * one that was only slow does no harm, because the wallet knows the redemption.
 */
const LEASE_MILLISECONDS = 5_000;

/** A request that spends: what it wants, and the row that says so. */
export interface Spend {
  readonly asking: Asking;
  readonly digest: string;
  /** Of the hold or the redemption. */
  readonly id: string;
  readonly memberId: string;
  readonly points: number;
  /** The table's own column: the ticket that is paid, or the instant when the hold is over. */
  readonly extra: string | Date | null;
}

/** What the intent statement found; `claimed`: this request is the one that does the work. */
export type Claimed<Row> = Row & { readonly claimed: boolean; readonly leasedUntil: Date };

/** How the row of an accepted spend ends, and the answer that is kept for repetitions. */
interface Kept { readonly spend: Spend; readonly leasedUntil: Date; readonly body: string }

/** The statements of one table. Parameters: `ask` see `askValues`, `keep` see `keepValues`, `refuse` see `giveUp`. */
export interface SpendStatements {
  /** As the Idempotency-Key is used for it: `redemptions.redeem`. */
  readonly operation: string;
  readonly ask: Prepared;
  readonly keep: Prepared;
  readonly refuse: string;
}

const CREATED = 201;

/**
 * Claims the Idempotency-Key and writes the intent in one statement, notes the end and keeps the answer in another; each is shared by
 * all requests that wait for it. The rows of `idempotency` are those of the chassis's store, which answers repetitions.
 */
export class SpendOnce<Row extends object> {
  private readonly asks: SharedStatement<Spend, Claimed<Row>>;
  private readonly keeps: SharedStatement<Kept, { readonly kept: boolean }>;

  private readonly store: IdempotencyStore;

  constructor(private readonly dataSource: DataSource, private readonly clock: Clock, private readonly statements: SpendStatements) {
    this.store = new IdempotencyStore(dataSource, clock);
    this.asks = new SharedStatement(({ asking }) => `${asking.who.tenant}\n${asking.key}`, async (spends) => this.ask(spends));
    this.keeps = new SharedStatement(({ spend: { asking } }) => `${asking.who.tenant}\n${asking.key}`, async (all) => this.keep(all));
  }

  /**
   * Does the work once: `work` gets the intent's row and answers the body. What it throws is not remembered (but that it was refused,
   * when it did not come into being). Refusals: `idempotencyConflict`, `inFlight`, and what `work` throws.
   */
  async run(spend: Omit<Spend, 'digest'>, body: unknown, work: (found: Row) => Promise<unknown>): Promise<IdempotentAnswer> {
    const asked = { ...spend, digest: requestHash(body).toString('hex') };
    const found = await this.asks.ask(asked);
    if (!found.claimed) return this.earlier(spend.asking, body);
    let answer: unknown;
    try {
      answer = await work(found);
    } catch (error) {
      await this.giveUp(asked, found.leasedUntil, error instanceof RefusedByLedger);
      throw error;
    }
    const { kept } = await this.keeps.ask({ spend: asked, leasedUntil: found.leasedUntil, body: JSON.stringify(answer) });
    return kept ? { status: CREATED, body: answer, replayed: false } : this.earlier(spend.asking, body);
  }

  /** The answer that is kept, or why there is none: the store of the chassis knows, and is not let do anything. */
  private async earlier({ who, key }: Asking, body: unknown): Promise<IdempotentAnswer> {
    return this.store.run({ tenant: who.tenant, operation: this.statements.operation, key, body }, async () => {
      throw new Problem('inFlight');
    });
  }

  private async ask(spends: readonly Spend[]): Promise<readonly Claimed<Row>[]> {
    const now = this.clock.now();
    const leasedUntil = new Date(now + LEASE_MILLISECONDS);
    const rows = await rowsOf<Row & { readonly claimed: boolean }>(this.dataSource, this.statements.ask, [
      this.statements.operation, new Date(now), leasedUntil,
      spends.map(({ asking }) => asking.who.tenant), spends.map(({ asking }) => asking.key), spends.map(({ digest }) => digest),
      spends.map(({ id }) => id), spends.map(({ memberId }) => memberId), spends.map(({ points }) => points),
      spends.map(({ asking }) => asking.who.keyId), spends.map(({ extra }) => extra),
    ]);
    return rows.map((row) => ({ ...row, leasedUntil }));
  }

  private async keep(all: readonly Kept[]): Promise<readonly { readonly kept: boolean }[]> {
    const spends = all.map(({ spend }) => spend);
    return rowsOf<{ readonly kept: boolean }>(this.dataSource, this.statements.keep, [
      this.statements.operation, new Date(this.clock.now()), CREATED,
      spends.map(({ asking }) => asking.who.tenant), spends.map(({ asking }) => asking.key), spends.map(({ digest }) => digest),
      spends.map(({ id }) => id), spends.map(({ memberId }) => memberId), spends.map(({ points }) => points),
      spends.map(({ asking }) => asking.who.keyId), spends.map(({ extra }) => extra),
      all.map(({ body }) => body), all.map(({ leasedUntil }) => leasedUntil),
    ]);
  }

  /** Only its own claim: another request may have taken over a lapsed lease. An outcome that is not known stays `asked`. */
  private async giveUp({ asking: { who, key }, id }: Spend, leasedUntil: Date, refused: boolean): Promise<void> {
    await this.dataSource.query(this.statements.refuse, [
      who.tenant, this.statements.operation, key, leasedUntil, id, refused, new Date(this.clock.now()), who.keyId,
    ]);
  }
}
