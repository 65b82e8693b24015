import { Rounds } from '@trebol/chassis';
import type { Clock } from '@trebol/contracts';
import type { DataSource } from 'typeorm';
import type { FinishBatch } from './finish-batch.ts';
import { loadHeldBack, postingOf } from './load-batch.ts';
import type { PostBatch } from './post-batch.ts';
import { RETRIED_REASONS } from './said.ts';

/** Milliseconds between two looks; a batch that was left over waits this long at most after its grace. */
const SWEEP_EVERY_MS = 5_000;
/** Seconds a batch may be unposted before another look takes it for left over: posting 2,000 tickets takes well under one. */
const GRACE_SECONDS = 30;
/** Batches read in one look; the next look goes on. */
const SWEEP_BATCHES_MAX = 50;
/** Tickets sent again in one call of the ledger. */
const RETRY_TICKETS_MAX = 500;

interface UnpostedRow { batch: string; tenant: string; rated_at: Date; traceparent: string | null }

export interface SweepParts {
  readonly dataSource: DataSource;
  readonly clock: Clock;
  readonly finish: FinishBatch;
  readonly post: PostBatch;
}

/**
 * Posts what was rated but not posted: batches left over by a process that died in between, and single tickets the ledger could not
 * take then. Posting again is harmless, because the wallet recognises its source.
 */
export class SweepUnposted {
  /** Looks at once for everything unposted, then every few seconds for what is past its grace. */
  readonly background: Rounds;

  constructor(private readonly parts: SweepParts) {
    let graceSeconds = 0;
    this.background = new Rounds({
      name: 'SweepUnposted', clock: parts.clock, everyMs: SWEEP_EVERY_MS,
      round: async () => {
        await this.runOnce({ graceSeconds });
        graceSeconds = GRACE_SECONDS;
      },
    });
  }

  /** One look; answers how many batches and single tickets it worked on. */
  async runOnce(options: { readonly graceSeconds: number }): Promise<number> {
    const { dataSource, clock, finish } = this.parts;
    const before = new Date(clock.now() - options.graceSeconds * 1_000);
    const rows: UnpostedRow[] = await dataSource.query(`
      SELECT batch, tenant, rated_at, traceparent FROM earning.rating_batch
      WHERE posted_at IS NULL AND rated_at <= $1 ORDER BY batch LIMIT ${SWEEP_BATCHES_MAX}`, [before]);
    for (const row of rows) {
      await finish.finishStored({
        tenant: row.tenant, batch: Number(row.batch), recordedAt: row.rated_at.getTime(), traceparent: row.traceparent ?? undefined,
      });
    }
    return rows.length + await this.retryHeldBack();
  }

  /** Sends single tickets again, a page at a time, one tenant after the other. */
  private async retryHeldBack(): Promise<number> {
    let after = { tenant: '', key: '' };
    let retried = 0;
    for (;;) {
      const page = await loadHeldBack(this.parts.dataSource, { reasons: RETRIED_REASONS, after, limit: RETRY_TICKETS_MAX });
      for (const [tenant, rows] of Map.groupBy(page, (row) => row.tenant)) {
        const postings = rows.flatMap(({ item }) => postingOf(item) ?? []);
        await this.parts.post.markRetried(tenant, await this.parts.post.send(tenant, postings, 'bulk'));
      }
      retried += page.length;
      const last = page.at(-1);
      if (!last || page.length < RETRY_TICKETS_MAX) return retried;
      after = { tenant: last.tenant, key: last.item.key };
    }
  }
}
