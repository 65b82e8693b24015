import { calendarYears, type Health, type Metrics, noMetrics, type Programme } from '@trebol/chassis';
import type { Clock } from '@trebol/contracts';
import type { Checkpoint, EventStore } from '@trebol/event-store';
import type { MessageBus } from '@trebol/messaging';
import { type BookKeeper, type PointsLedger, WALLET_PREFIX } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { BookDue } from './book-due/book-due.ts';
import { CloseBooks } from './close-books/close-books.ts';
import { LogFollower } from './follow-log.ts';
import { batchSizes, ledgerFigures } from './ledger-figures.ts';
import { Movements } from './movements.ts';
import { WalletProjection } from './project-wallets.ts';
import { CountPoints } from './publish-points/count-points.ts';
import { PUBLISHER, PublishPoints } from './publish-points/publish-points.ts';
import { LIVE, SHADOW } from './read-models.ts';
import { Rebuild } from './rebuild/rebuild.ts';
import { ShowBalance } from './show-balance/show-balance.ts';
import { ShowEntries } from './show-balance/show-entries.ts';
import { tracedWork } from './traced-work.ts';
import { Verify } from './verify/verify.ts';

/** Events per batch of the live projector: large enough to share a commit, small enough that a reader waits milliseconds. */
const PROJECT_EVENTS_MAX = 5_000;
/**
 * Events after which a projector that is behind commits (at the end of the log it always does): a wallet's state is written once per commit, and
 * writing the states of busy wallets is most of the work.
 */
const PROJECT_COMMIT_EVENTS = 20_000;
/** Events per batch of the publisher: one publish of up to twice as many messages. */
const PUBLISH_EVENTS_MAX = 2_000;
/** Events after which the publisher saves its wallets and checkpoint: what is at most published twice after a crash. */
const PUBLISH_COMMIT_EVENTS = 20_000;
/**
 * How long both live readers may put off a commit that nobody waits for, in milliseconds: rows of read models are at most this much
 * older than the log, and messages of this time come again after a crash.
 */
const LIVE_COMMIT_MS_MAX = 1_000;
/** Events per batch of a rebuild: copying one overlaps with folding the next. */
const REBUILD_EVENTS_MAX = 10_000;
/** Events after which a rebuild commits: what is at most done again after it was broken off. */
const REBUILD_COMMIT_EVENTS = 5_000_000;
/** Wallets each live reader keeps in memory. */
const LIVE_WALLETS_MAX = 20_000;
/** Wallets a rebuild keeps in memory before it writes the changed ones early. */
const REBUILD_WALLETS_MAX = 100_000;
/** How long a statement waits for the projector, in milliseconds; past it the answer says how far it goes. */
const FRESH_MS_MAX = 500;
/** How long booking and verifying wait for the projector, in milliseconds: catching up after an outage takes minutes. */
const PROJECTED_MS_MAX = 30 * 60_000;

/** What this service is given. */
export interface LedgerParts {
  readonly clock: Clock;
  /** Opened on schema `ledger` with `ledgerEntities` and `ledgerMigrations`, at least 6 connections, 7 with `books`. */
  readonly dataSource: DataSource;
  /** Where it has a `proof`, `verify` checks the log by it too; without one it finds every hole that folding meets, and refuses noted heads. */
  readonly eventStore: EventStore;
  readonly bus: MessageBus;
  readonly ledger: PointsLedger;
  /** Closes books at the end of a year: `createPointsLedger` with `periodAt: (_, now) => calendarYears(zone).at(now)`. Absent: never. */
  readonly books?: BookKeeper;
  readonly programme: Programme;
  readonly health?: Health;
  /** Points in and out, how far the readers are behind, what the last verify found. Absent: no figures. */
  readonly metrics?: Metrics | undefined;
}

/** Everything the service can do, without HTTP. */
export interface LedgerServices {
  /** Live projection of both read models. */
  readonly projector: LogFollower;
  readonly publisher: LogFollower;
  readonly bookDue: BookDue;
  /** Absent without `books`. */
  readonly closeBooks?: CloseBooks;
  readonly rebuild: Rebuild;
  readonly verify: Verify;
  readonly showBalance: ShowBalance;
  readonly showEntries: ShowEntries;
  readonly programme: Programme;
  /** Throws while a reader of the log stands still, with its position and reason. */
  readonly ready: () => Promise<void>;
}

/** Puts the service together; nothing runs before it is started. */
export function ledgerServices(parts: LedgerParts): LedgerServices {
  const { clock, dataSource, eventStore, ledger, metrics = noMetrics } = parts;
  const follow = { eventStore, clock, prefix: WALLET_PREFIX };
  const movements = new Movements();
  const projector = new LogFollower({
    ...follow, batchMax: PROJECT_EVENTS_MAX, commitEvents: PROJECT_COMMIT_EVENTS, commitMsMax: LIVE_COMMIT_MS_MAX,
    onBatch: batchSizes(metrics, LIVE.checkpoint),
    work: tracedWork('project wallets',
      new WalletProjection({ dataSource, eventStore, clock, tables: LIVE, walletsMax: LIVE_WALLETS_MAX, movements })),
  });
  const publisher = new LogFollower({
    ...follow, batchMax: PUBLISH_EVENTS_MAX, commitEvents: PUBLISH_COMMIT_EVENTS, commitMsMax: LIVE_COMMIT_MS_MAX,
    onBatch: batchSizes(metrics, PUBLISHER),
    work: tracedWork('publish points', new PublishPoints({
      dataSource, eventStore, bus: parts.bus, clock, walletsMax: LIVE_WALLETS_MAX, movements, counted: new CountPoints(metrics, parts.programme.currency),
    })),
  });
  ledgerFigures({
    metrics, clock, dataSource, eventStore, readers: { [LIVE.checkpoint]: projector, [PUBLISHER]: publisher },
  });
  const shadow = (onBatch: (events: number) => void): LogFollower => new LogFollower({
    ...follow, batchMax: REBUILD_EVENTS_MAX, commitEvents: REBUILD_COMMIT_EVENTS, onBatch,
    work: new WalletProjection({ dataSource, eventStore, clock, tables: SHADOW, walletsMax: REBUILD_WALLETS_MAX }),
  });
  const projected = (until?: Checkpoint): Promise<void> => within(clock, PROJECTED_MS_MAX, projector.catchUp(until));
  return {
    projector, publisher,
    bookDue: new BookDue({ dataSource, eventStore, ledger, clock, projected }),
    ...(parts.books === undefined ? {} : {
      closeBooks: new CloseBooks({ dataSource, books: parts.books, clock, periods: calendarYears(parts.programme.zone), projected }),
    }),
    rebuild: new Rebuild({ dataSource, clock, shadow }),
    verify: new Verify({ dataSource, eventStore, clock, projected }),
    showBalance: new ShowBalance({ ledger, eventStore, clock }),
    showEntries: new ShowEntries({ dataSource, fresh: () => within(clock, FRESH_MS_MAX, projector.catchUp()).catch(() => undefined) }),
    programme: parts.programme,
    ready: () => readiness({ projector, publisher }),
  };
}

async function readiness(readers: Readonly<Record<string, LogFollower>>): Promise<void> {
  for (const [name, reader] of Object.entries(readers)) {
    const { state, reason } = reader.status();
    if (state === 'failed') throw new Error(`${name} stands still: ${reason ?? 'unknown reason'}`);
  }
}

async function within(clock: Clock, milliseconds: number, work: Promise<void>): Promise<void> {
  const over = new AbortController();
  const late = clock.sleep(milliseconds, over.signal).then(() => {
    if (!over.signal.aborted) throw new Error(`the read models did not get there within ${milliseconds} ms`);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
