import type pg from 'pg';

import type { AppendOutcome, Lane, NewEvent, StreamAppend } from '../port.ts';
import { recogniseRetry } from '../recognise-retry.ts';
import {
  appendCall, copyEvents, type Entry, entriesOf, eventArrays, inLockOrder, isLarge, NO_EVENTS, sealCall, type Taken, takenFrom,
  winners,
} from './append-batch.ts';
import { PARTITION_OF_LANE } from './checkpoints.ts';
import { isRetryable, isRoutedNowhere, isUnanswered } from './connections.ts';
import type { EventKinds } from './event-kinds.ts';
import { type MonthTables, revisionsWithin, wholeRows } from './month-tables.ts';

/**
 * Most attempts at one transaction that PostgreSQL rolled back as a deadlock. Appends lock in one order, so a deadlock needs an
 * unlucky plan or a foreign lock; a second one in a row is rare, a fifth is a sickness to report.
 */
const ATTEMPTS_MAX = 5;

export interface AppenderParts {
  readonly schema: string;
  readonly months: MonthTables;
  readonly kinds: EventKinds;
  /** For imports. Apart from the others, so that an import that uses up its connections never makes a till wait for one. */
  readonly bulk: pg.Pool;
  /** For tills and reads. */
  readonly quick: pg.Pool;
}

type Found = [place: number, revision: number | null, ids: string[] | null];

type Attempt = { readonly taken: Taken } | { readonly unanswered: unknown; readonly taken?: Taken };

/** Appends one valid batch in one transaction. Streams that lost are compared with what is there, after the locks are gone. */
export class Appender {
  constructor(private readonly parts: AppenderParts) {}

  /** Outcomes in the order of the batch. Throws what the server refused for good; nothing of the batch is written then. */
  async append(batch: readonly StreamAppend[], lane: Lane): Promise<AppendOutcome[]> {
    const outcomes: AppendOutcome[] = [];
    const all = entriesOf(batch);
    const entries = inLockOrder(all.filter((entry) => entry.events.length > 0));
    const lost = all.filter((entry) => entry.events.length === 0);
    try {
      await this.prepare(entries, lane);
      const attempt = await this.write(entries, lane);
      entries.forEach((entry, place) => {
        if (attempt.taken?.streamIds[place] === null) lost.push(entry);
        else outcomes[entry.index] = outcomeOfWon(entry, attempt);
      });
      await this.compare(lost, outcomes);
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      for (const { index } of all) outcomes[index] ??= { status: 'unknown', cause: error };
    }
    return outcomes;
  }

  private async prepare(entries: readonly Entry[], lane: Lane): Promise<void> {
    const { months, kinds } = this.parts;
    const needed = new Set<number>();
    const unknown: NewEvent[] = [];
    for (const entry of entries) {
      for (const event of entry.events) {
        needed.add(months.monthOf(event.recordedAt));
        if (!kinds.knows(event)) unknown.push(event);
      }
    }
    await months.ensure(PARTITION_OF_LANE[lane], needed);
    await kinds.ensure(unknown);
  }

  private async write(entries: readonly Entry[], lane: Lane): Promise<Attempt> {
    if (entries.length === 0) return { taken: { streamIds: [], lastPosition: 0 } };
    const large = isLarge(entries);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return large ? await this.writeByCopy(entries, lane) : await this.writeInOneCall(entries, lane);
      } catch (error) {
        if (isUnanswered(error)) return { unanswered: error };
        if (!(isRetryable(error) || isRoutedNowhere(error))) throw error;
        if (attempt === ATTEMPTS_MAX) return { unanswered: error };
        await this.mend(error);
      }
    }
  }

  /** Clears what would make the next attempt fail as this one did. */
  private async mend(error: unknown): Promise<void> {
    if (isRoutedNowhere(error)) await this.parts.months.refresh();
  }

  /** One statement that commits by itself: one round trip, one flush to disk. */
  private async writeInOneCall(entries: readonly Entry[], lane: Lane): Promise<Attempt> {
    const call = appendCall(this.parts.schema, PARTITION_OF_LANE[lane], entries);
    call.values.push(...eventArrays(entries, this.parts.kinds));
    const { rows } = await this.poolOf(lane).query<unknown[]>(call);
    return { taken: takenFrom(rows[0]) };
  }

  private async writeByCopy(entries: readonly Entry[], lane: Lane): Promise<Attempt> {
    const partition = PARTITION_OF_LANE[lane];
    const call = appendCall(this.parts.schema, partition, entries);
    call.values.push(...NO_EVENTS);
    const client = await this.poolOf(lane).connect();
    let failure: Error | undefined;
    let taken: Taken | undefined;
    try {
      await client.query('BEGIN');
      taken = await this.sealed(client, entries, { partition, taken: takenFrom((await client.query<unknown[]>(call)).rows[0]) });
      await copyEvents(client, entries, { ...this.parts, partition, taken });
      const { command } = await client.query('COMMIT');
      if (command !== 'COMMIT') throw new TypeError(`the transaction ended with ${command}`);
      return { taken };
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      if (taken !== undefined && isUnanswered(error)) return { unanswered: error, taken };
      throw error;
    } finally {
      client.release(failure); // the server rolls back what a closed connection left open
    }
  }

  /** `append` seals the segment itself, unless it would have to leave out the events of entries that lost. */
  private async sealed(client: pg.ClientBase, entries: readonly Entry[], { partition, taken }: { partition: number; taken: Taken }): Promise<Taken> {
    const won = winners(entries, taken);
    if (taken.lastPosition > 0 || won.length === 0) return taken;
    const { rows } = await client.query<[string]>(sealCall(this.parts.schema, partition, won));
    return { ...taken, lastPosition: Number(rows[0]?.[0]) };
  }

  /** Settles entries whose expected revision was not the stream's: their own retry, or a conflict. One query for all. */
  private async compare(lost: readonly Entry[], outcomes: AppendOutcome[]): Promise<void> {
    if (lost.length === 0) return;
    for (const [place, revision, ids] of await this.found(lost)) {
      const entry = lost[place - 1];
      if (entry) outcomes[entry.index] = recogniseRetry(entry.expected, entry.events, { actual: revision ?? 0, ids: ids ?? [] });
    }
  }

  private async found(lost: readonly Entry[]): Promise<Found[]> {
    const { schema, quick, months } = this.parts;
    return wholeRows(() => quick.query<Found>({
      name: 'compare',
      rowMode: 'array',
      text: `SELECT g.place::int, s.revision, i.ids
        FROM unnest($1::text[], $2::int[], $3::int[]) WITH ORDINALITY AS g (name, expected, events, place)
        LEFT JOIN ${schema}.stream AS s ON s.name = g.name
        LEFT JOIN LATERAL (
          SELECT array_agg(e.event_id::text ORDER BY e.revision) AS ids FROM ${schema}.event AS e
          WHERE s.revision > g.expected AND e.stream_id = s.id AND ${revisionsWithin('g.expected', 'g.expected + g.events')}
        ) AS i ON true`,
      values: [lost.map((entry) => entry.stream), lost.map((entry) => entry.expected), lost.map((entry) => entry.events.length)],
    }), months, (rows) => rows.every(([place, revision, ids]) => {
      const entry = lost[place - 1];
      return entry === undefined || (ids ?? []).length >= Math.min(entry.events.length, (revision ?? 0) - entry.expected);
    }));
  }

  private poolOf(lane: Lane): pg.Pool {
    return lane === 'bulk' ? this.parts.bulk : this.parts.quick;
  }
}

function outcomeOfWon(entry: Entry, attempt: Attempt): AppendOutcome {
  if ('unanswered' in attempt) return { status: 'unknown', cause: attempt.unanswered };
  return { status: 'appended', revision: entry.expected + entry.events.length };
}
