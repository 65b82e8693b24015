import type { Clock } from '@trebol/contracts';
import { type ChainHead, type Checkpoint, type EventStore, LogDamaged } from '@trebol/event-store';
import { WALLET_PREFIX } from '@trebol/points';
import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import { entryValues } from '../entry-values.ts';
import { keepVerify } from '../last-verify.ts';
import { movementOf } from '../movements.ts';
import { LIVE } from '../read-models.ts';
import { onConnection } from '../unit-of-work.ts';
import { isOfBooks } from '../wallet-chain.ts';
import { BalancesHash, type MemberLabel } from './balances-hash.ts';
import { EventChecks } from './check-events.ts';
import { compareEntries, type ExpectedEntry } from './compare-entries.ts';
import { checkLog } from './check-log.ts';
import { checkPeriods } from './check-periods.ts';
import { checkConservation, type Chunk, compareBalances, compareSnapshots, unpacked } from './compare-wallets.ts';
import { type FoldedWallet, foldLog, type Share } from './fold-log.ts';
import { findOrphans } from './find-orphans.ts';
import { Transit, type UnderWay } from './in-transit.ts';
import { DifferenceFound, type Difference, type InTransit, type VerifyProgress, type VerifyReport } from './report.ts';

/** Wallets compared at a time. */
const CHUNK_WALLETS = 1_000;
/** What one folded wallet takes in memory with its key, in bytes; generous for a busy member. */
const WALLET_BYTES = 1_500;
/** Memory for folded wallets, in bytes: with more wallets the log is read once for each share that fits. */
const MEMORY_BYTES_MAX = 512 * 1024 * 1024;

export interface VerifyParts {
  readonly dataSource: DataSource;
  readonly eventStore: EventStore;
  readonly clock: Clock;
  /** Returns when the read models cover this point of the log; throws when they do not get there. */
  readonly projected: (until: Checkpoint) => Promise<void>;
}

export interface VerifyOptions {
  /** Instant of totals and hash, in milliseconds; the clock's by default. */
  readonly asOf?: number;
  /** Name of a member in the hash; the member id by default. */
  readonly label?: MemberLabel;
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Forces the number of passes (a test's way to see them). */
  readonly passes?: number;
  /**
   * What is under way between wallets, as those say who take it to its end; asked once, before the log is read. Without it, or where
   * it cannot tell, points may be in transit for three weeks before they are named.
   */
  readonly underWay?: () => Promise<readonly UnderWay[] | undefined>;
  /** Chain heads of earlier runs, kept outside the database: the run names the lane whose history is not what it was. */
  readonly noted?: readonly ChainHead[];
}

/**
 * Proves the books: recomputes every wallet from the log alone and compares entries, balance rows and snapshots with it, row by
 * row, while the platform goes on. The first difference
 * ends it and is named. Reads the log up to its end at the time of the call; writes nothing but what it found. Two database connections;
 * at most about 512 MiB.
 */
export class Verify {
  constructor(private readonly parts: VerifyParts) {}

  async run(options: VerifyOptions = {}): Promise<VerifyReport> {
    const asOf = options.asOf ?? this.parts.clock.now();
    const run: Run = {
      hash: new BalancesHash(asOf, options.label ?? ((wallet) => wallet.member)),
      heads: await this.parts.eventStore.proof?.chainHeads() ?? null,
      transit: new Transit(this.parts.clock.now(), await options.underWay?.()),
      progress: { phase: 'log', pass: 0, passes: 1, events: 0, wallets: 0 }, snapshots: 0,
      say: (change) => { run.progress = { ...run.progress, ...change }; options.onProgress?.(run.progress); },
    };
    const difference = await this.firstDifference(run, options);
    const inTransit = difference === null ? run.transit.report() : null;
    await this.keep(difference, inTransit);
    return {
      ok: difference === null, difference, wallets: run.progress.wallets, events: run.progress.events, snapshotsCompared: run.snapshots,
      asOf: new Date(asOf).toISOString(), totals: run.hash.totals(), inTransit,
      balancesHash: difference === null ? run.hash.digest() : null, chainHeads: difference === null ? run.heads : null,
    };
  }

  private keep(difference: Difference | null, inTransit: readonly InTransit[] | null): Promise<void> {
    const [differences, unaccountedPoints] = difference === null ? [0, 0] as const : [1, difference.points ?? 0] as const;
    const inTransitPoints = inTransit && inTransit.reduce((sum, { points }) => sum + points, 0);
    return keepVerify(this.parts.dataSource, { differences, unaccountedPoints, inTransitPoints });
  }

  private async firstDifference(run: Run, options: VerifyOptions): Promise<Difference | null> {
    try {
      await this.all(run, options);
      return null;
    } catch (error) {
      if (error instanceof DifferenceFound) return error.difference;
      if (error instanceof LogDamaged) return { check: 'log', message: error.message };
      throw error;
    }
  }

  private async all(run: Run, { passes: forced, noted = [] }: VerifyOptions): Promise<void> {
    const { dataSource, eventStore } = this.parts;
    run.say({ phase: 'log' });
    await checkLog(eventStore.proof, noted);
    const until = await eventStore.end();
    run.say({ phase: 'waiting' });
    await this.parts.projected(until);
    await onConnection(dataSource, async (client) => {
      const passes = forced ?? await passesFor(client);
      for (let pass = 0; pass < passes; pass += 1) {
        run.say({ phase: 'entries', pass: pass + 1, passes });
        const wallets = await this.foldShare(client, run, { until, share: { pass, passes } });
        run.say({ phase: 'wallets' });
        await this.compareWallets(client, run, wallets);
      }
      run.transit.check();
      run.say({ phase: 'orphans' });
      await findOrphans(client, eventStore, run.progress.wallets);
    });
  }

  /** Folds one share of the wallets and compares each entry on the way. */
  private foldShare(client: ClientBase, run: Run, share: { until: Checkpoint; share: Share }): Promise<Map<string, FoldedWallet>> {
    let expected: ExpectedEntry[] = [];
    const checks = new EventChecks();
    return foldLog(this.parts.eventStore, {
      ...share, prefix: WALLET_PREFIX,
      onEvent: (event, after, before) => {
        const movement = movementOf(event, after);
        checks.each(event, after, { before, movement });
        run.transit.note(event, after.id, movement);
        if (!isOfBooks(event)) expected.push({ wallet: after.id, event, row: entryValues(event, after, movement) });
      },
      onBatch: async (read, reached) => {
        checks.batch();
        if (!this.parts.eventStore.covers(share.until, reached)) await this.parts.projected(reached);
        await compareEntries(client, expected);
        expected = [];
        run.say({ events: read });
      },
    });
  }

  private async compareWallets(client: ClientBase, run: Run, wallets: ReadonlyMap<string, FoldedWallet>): Promise<void> {
    const sorted: Chunk = [...wallets].toSorted(([left], [right]) => (left < right ? -1 : 1));
    for (let from = 0; from < sorted.length; from += CHUNK_WALLETS) {
      const chunk = sorted.slice(from, from + CHUNK_WALLETS).map(([stream, folded]) => unpacked(stream, folded));
      for (const held of chunk) checkConservation(held);
      await compareBalances(client, this.parts.eventStore, chunk);
      run.snapshots += await compareSnapshots(this.parts.eventStore, chunk);
      run.snapshots += await checkPeriods(client, this.parts.eventStore, chunk.filter(({ state }) => state.books !== undefined));
      for (const held of chunk) {
        run.hash.add(held.id, held.state);
        run.transit.add(held.id, held.state);
      }
      run.say({ wallets: run.progress.wallets + chunk.length });
    }
  }
}

interface Run {
  readonly hash: BalancesHash;
  readonly heads: readonly ChainHead[] | null;
  readonly transit: Transit;
  progress: VerifyProgress;
  snapshots: number;
  readonly say: (change: Partial<VerifyProgress>) => void;
}

async function passesFor(client: ClientBase): Promise<number> {
  const found = await client.query<{ wallets: string }>(`SELECT count(*) AS wallets FROM ${LIVE.balance}`);
  return Math.max(1, Math.ceil(Number(found.rows[0]?.wallets ?? 0) * WALLET_BYTES / MEMORY_BYTES_MAX));
}
