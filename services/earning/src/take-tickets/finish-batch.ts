import { binaryArray } from '@trebol/postgres-bulk';
import type { DataSource } from 'typeorm';
import { inTransaction, onConnection, rowsOf, rowsOfPrepared } from '../transaction.ts';
import { type BatchWork, loadBatch, workOf } from './load-batch.ts';
import type { Lane, PostBatch } from './post-batch.ts';
import type { RateParts, RatedBatch } from './rate-batch.ts';
import type { RateKept } from './rate-kept.ts';
import { NOTHING_SAID, type SaidOfMany } from './said.ts';
import { settleReturns } from './settle-returns.ts';
import { type BatchHeader, openBatch } from './ticket-table.ts';

interface FinishParts {
  readonly rate: RateParts;
  readonly kept: RateKept;
  readonly post: PostBatch;
}

/**
 * The steps after a batch is durable: look once more for what could not be seen from inside its transaction (a return that was
 * parked while its sale was being written, a card that was registered in that moment), then post. The look comes before the batch
 * is marked, so whatever dies in between is done again by the sweeper. Of two transactions that miss each other, the one that looks
 * last sees both.
 */
export class FinishBatch {
  private readonly atWork = new Set<number>();

  constructor(private readonly parts: FinishParts) {}

  /** Finishes a batch that was just rated; answers what the wallets said. */
  finish(rated: RatedBatch, lane: Lane): Promise<SaidOfMany> {
    return this.later(rated, lane)();
  }

  /** The same for a batch that waits for its turn: it takes along what is left to do, the tickets themselves leave memory. */
  later(rated: RatedBatch, lane: Lane): () => Promise<SaidOfMany> {
    const { header, movedOthers } = rated;
    if (!header) return () => Promise.resolve(NOTHING_SAID);
    const work = movedOthers ? undefined : workOfRated(rated, header);
    return async () => {
      this.atWork.add(header.batch);
      try {
        return await this.finishWork(work ?? await loadBatch(this.dataSource, header), lane);
      } finally {
        this.atWork.delete(header.batch);
      }
    };
  }

  /** Finishes a batch found in the table; nothing when this process is at it already. */
  async finishStored(header: BatchHeader): Promise<void> {
    if (this.atWork.has(header.batch)) return;
    this.atWork.add(header.batch);
    try {
      await this.finishWork(await loadBatch(this.dataSource, header), 'bulk');
    } finally {
      this.atWork.delete(header.batch);
    }
  }

  /** Rates and posts tickets that were kept for want of a member, in bounded batches, as far as these tokens have members now. */
  async rateKept(tenant: string, tokens: readonly string[]): Promise<void> {
    for (let header = await this.parts.kept.rateNext(tenant, tokens); header; header = await this.parts.kept.rateNext(tenant, tokens)) {
      await this.finishStored(header);
    }
  }

  private get dataSource(): DataSource { return this.parts.rate.dataSource; }

  private async finishWork(work: BatchWork, lane: Lane): Promise<SaidOfMany> {
    const late = await this.settleLate(work);
    const keptHeader = await this.parts.kept.rateNext(work.header.tenant, work.keptTokens);
    const said = await this.parts.post.post(work, lane);
    if (late) await this.finishStored(late);
    if (keptHeader) {
      await this.finishStored(keptHeader);
      await this.rateKept(work.header.tenant, work.keptTokens);
    }
    return said;
  }

  /** Settles returns whose sale was not visible when they were taken. */
  private async settleLate(work: BatchWork): Promise<BatchHeader | undefined> {
    const { header: { tenant }, keys, awaitedKeys } = work;
    if (keys.length === 0 && awaitedKeys.length === 0) return undefined;
    const { clock, rating, ruleBooks } = this.parts.rate;
    const parameters = [tenant, binaryArray('text', keys), binaryArray('text', awaitedKeys)];
    const found = await onConnection(
      this.dataSource, (client) => rowsOfPrepared<{ original_key: string }>(client, LATE_ORIGINALS, parameters),
    );
    if (found.length === 0) return undefined;
    const originalKeys = found.map((row) => row.original_key);
    return inTransaction(this.dataSource, async (client) => {
      const header = await openBatch(client, tenant, clock.now());
      const settled = await settleReturns(client, header, { originalKeys, rating, ruleBooks });
      if (settled.length > 0) return header;
      await rowsOf(client, 'DELETE FROM earning.rating_batch WHERE batch = $1', [header.batch]); // somebody else settled them
      return undefined;
    });
  }
}

/** Originals that are here and for which a return still waits. Mostly nothing waits at all, and then none of the keys is looked up. */
const LATE_ORIGINALS = {
  name: 'earning.late-originals',
  text: `
    SELECT DISTINCT r.original_key FROM earning.ticket r
    WHERE r.tenant = $1 AND r.original_key = ANY($2::text[]) AND r.decision = 'awaitingOriginal'
      AND (SELECT true FROM earning.ticket p WHERE p.tenant = $1 AND p.original_key IS NOT NULL AND p.decision = 'awaitingOriginal' LIMIT 1)
    UNION
    SELECT o.transaction_key FROM earning.ticket o WHERE o.tenant = $1 AND o.transaction_key = ANY($3::text[])`,
};

const workOfRated = (rated: RatedBatch, header: BatchHeader): BatchWork =>
  workOf(header, rated.kept.map(({ canonical, decided }) => ({
    key: canonical.key, type: canonical.ticket.type, decision: decided.decision, memberId: decided.memberId, token: canonical.token,
    originalKey: canonical.originalKey, occurredAt: canonical.occurredAt, hash: canonical.hash, points: decided.points,
    lots: decided.lots, explanation: decided.explanation, extension: decided.extension,
  })));
