import { type BookPeriods, Rounds } from '@trebol/chassis';
import type { Clock } from '@trebol/contracts';
import type { BookKeeper, WalletId } from '@trebol/points';
import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import { LIVE } from '../read-models.ts';
import { onConnection } from '../unit-of-work.ts';

/** Wallets looked at with one query and closed with one call: what is at most done again after a crash, which changes nothing. */
const PAGE_WALLETS_MAX = 1_000;
/** How often the clock is looked at, in milliseconds. Closing late is harmless: a late fact is accepted in either period. */
const LOOK_EVERY_MS = 60_000;
/** Pause after a failed round, in milliseconds. */
const PAUSE_MS = 5_000;

export interface CloseBooksParts {
  readonly dataSource: DataSource;
  readonly books: BookKeeper;
  readonly clock: Clock;
  readonly periods: BookPeriods;
  /** Returns when the balance rows cover the log as it is now. */
  readonly projected: () => Promise<void>;
  /** Wallets of one page; 1,000 unless a test wants to see several. */
  readonly pageMax?: number;
}

/** What a run did. */
export interface ClosedBooks {
  /** Wallets that had something on record before the running period. */
  readonly wallets: number;
  /** Those whose books this run closed; the others were closed already. */
  readonly closed: number;
}

interface Key { readonly tenant: string; readonly programme: string; readonly point_type: string; readonly member_id: string }
interface Progress extends Partial<Record<keyof Key, string | null>> { readonly finished_at: Date | null }
type Page = readonly (Key & { readonly ended: boolean })[];

/**
 * Closes the books of the period that ended last, once for each wallet with something on record from before the running period. Wallets
 * are taken page by page in the order of their keys; how far it came is kept, so that it goes on there after a crash, and a page is done
 * under a lock on that row, so that two processes share the pages. Doing one again changes nothing: closing twice closes once.
 */
export class CloseBooks {
  readonly background: Rounds;
  /** The last period that is known to be done, so that nobody asks the database again for a year. */
  private done = 0;

  constructor(private readonly parts: CloseBooksParts) {
    this.background = new Rounds({
      name: 'CloseBooks', clock: parts.clock, everyMs: LOOK_EVERY_MS, retryMs: PAUSE_MS,
      round: (signal) => this.runOnce(parts.clock.now(), signal),
    });
  }

  /** Closes what ended before the period of `now`; throws when some wallet could not be closed, and goes on there when called again. */
  async runOnce(now: number, signal?: AbortSignal): Promise<ClosedBooks> {
    const ended = this.parts.periods.at(now) - 1;
    const sum = { wallets: 0, closed: 0 };
    if (ended <= this.done) return sum;
    await this.parts.projected();
    await this.parts.dataSource.query('INSERT INTO ledger.books_closing (period, closed) VALUES ($1, 0) ON CONFLICT DO NOTHING', [ended]);
    while (signal?.aborted !== true) {
      const page = await onConnection(this.parts.dataSource, (client) => this.closePage(client, ended, now));
      if (page === 'finished') {
        this.done = ended;
        break;
      }
      sum.wallets += page.wallets;
      sum.closed += page.closed;
    }
    return sum;
  }

  /** Closes what ended before the period of `now` and waits for the balance rows: what a sandbox does when its clock is moved. */
  async runUntilCaughtUp(now: number): Promise<ClosedBooks> {
    const done = await this.runOnce(now);
    if (done.closed > 0) await this.parts.projected();
    return done;
  }

  private async closePage(client: ClientBase, ended: number, now: number): Promise<ClosedBooks | 'finished'> {
    await client.query('BEGIN');
    try {
      const progress = await client.query<Progress>('SELECT * FROM ledger.books_closing WHERE period = $1 FOR UPDATE', [ended]);
      const [reached] = progress.rows;
      const finished = reached === undefined || reached.finished_at !== null;
      const page = finished ? 'finished' : await this.close(client, { ended, now, reached });
      await client.query('COMMIT');
      return page;
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined); // the connection may be gone, and the lock with it
      throw error;
    }
  }

  private async close(client: ClientBase, run: { ended: number; now: number; reached: Progress }): Promise<ClosedBooks> {
    const page = await this.page(run.reached, this.parts.periods.beginOf(run.now));
    const wallets = page.filter(({ ended }) => ended).map(walletOf);
    const outcomes = await this.parts.books.closeBooks(wallets, run.ended);
    const open = outcomes.findIndex((outcome) => outcome === 'unknown' || outcome === 'contended');
    if (open !== -1) throw new Error(`books of ${wallets[open]?.member ?? ''} and perhaps others: ${outcomes[open] ?? ''}`);
    const closed = outcomes.filter((outcome) => outcome === 'closed').length;
    const last = page.at(-1);
    if (last === undefined) {
      const at = new Date(this.parts.clock.now());
      await client.query('UPDATE ledger.books_closing SET finished_at = $2 WHERE period = $1', [run.ended, at]);
    } else {
      await client.query(
        `UPDATE ledger.books_closing SET tenant = $2, programme = $3, point_type = $4, member_id = $5, closed = closed + $6
         WHERE period = $1`,
        [run.ended, last.tenant, last.programme, last.point_type, last.member_id, closed]);
    }
    return { wallets: wallets.length, closed };
  }

  /** The next wallets; on a connection of its own, so that a rebuild is not kept from its swap while they are closed. */
  private page({ tenant, programme, point_type, member_id }: Progress, before: number): Promise<Page> {
    const key = 'tenant, programme, point_type, member_id';
    const behind = tenant === null ? '' : `WHERE (${key}) > ($3, $4, $5, $6)`;
    const from = tenant === null ? [] : [tenant, programme, point_type, member_id];
    return this.parts.dataSource.query<Page>(
      `SELECT ${key}, EXISTS (SELECT FROM ${LIVE.entry} AS first
          WHERE first.tenant = kept.tenant AND first.member_id = kept.member_id AND first.programme = kept.programme
            AND first.point_type = kept.point_type AND first.revision = 1 AND first.recorded_at < $1) AS ended
        FROM ${LIVE.balance} AS kept ${behind} ORDER BY ${key} LIMIT $2`,
      [new Date(before), this.parts.pageMax ?? PAGE_WALLETS_MAX, ...from]);
  }
}

const walletOf = (row: Key): WalletId =>
  ({ tenant: row.tenant, programme: row.programme, pointType: row.point_type, member: row.member_id });
