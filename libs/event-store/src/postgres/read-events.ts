import type pg from 'pg';

import { LogDamaged, StreamDamaged } from '../damage.ts';
import { APPEND_STREAMS_MAX, type RecordedEvent, type Revision, type StreamName, type StreamTail } from '../port.ts';
import type { Positions } from './checkpoints.ts';
import type { EventKinds } from './event-kinds.ts';
import type { Logged } from './lane-merge.ts';
import { type MonthTables, revisionsWithin, wholeRows } from './month-tables.ts';

/** Events in one page of `readStream`. */
const STREAM_PAGE_EVENTS = 500;

/** `recorded_at` as milliseconds; a double holds the years 1 to 9999 to the microsecond and is far cheaper than `numeric`. */
const COLUMNS = `e.partition, e.position, e.revision, e.event_id, e.kind_id,
  round(date_part('epoch', e.recorded_at) * 1000)::bigint, e.data, e.metadata`;
type EventColumns = [
  partition: number, position: string, revision: number, id: string, kind: number,
  recordedAt: string, data: string, metadata: string | null,
];

/** An event with its place in the log; without `event` when its stream does not match the reader's prefix. */
export interface LoggedEvent extends Logged {
  readonly event: RecordedEvent | undefined;
}

type StreamRow = [id: number, name: string, revision: number, snapshotRevision: number, snapshotSchema: number, snapshot: Buffer | null];

export interface ReaderParts {
  readonly pool: pg.Pool;
  readonly schema: string;
  readonly kinds: EventKinds;
  readonly months: MonthTables;
}

/** Everything that is read from the store's tables, by one query for many streams or one for a page. */
export class EventReader {
  private readonly pool: pg.Pool;
  private readonly schema: string;
  private readonly kinds: EventKinds;

  constructor(private readonly parts: ReaderParts) {
    ({ pool: this.pool, schema: this.schema, kinds: this.kinds } = parts);
  }

  /**
   * Streams first, by name; then, in a second query, the tails of those whose snapshot is not at the head. Where all snapshots are,
   * no event table is touched. What is committed in between changes nothing: a tail ends at the revision read first.
   */
  async load(names: readonly StreamName[]): Promise<Map<StreamName, StreamTail>> {
    const tails = new Map<StreamName, StreamTail>();
    for (const name of names) tails.set(name, { revision: 0, events: [] });
    for (let from = 0; from < names.length; from += APPEND_STREAMS_MAX) {
      await this.loadPage(names.slice(from, from + APPEND_STREAMS_MAX), tails);
    }
    return tails;
  }

  private async loadPage(names: readonly StreamName[], tails: Map<StreamName, StreamTail>): Promise<void> {
    const { rows } = await this.pool.query<StreamRow>({
      name: 'streams', rowMode: 'array', values: [names],
      text: `SELECT s.id, s.name, s.revision, s.snapshot_revision, s.snapshot_schema, s.snapshot
        FROM unnest($1::text[]) AS g (name) JOIN ${this.schema}.stream AS s ON s.name = g.name`,
    });
    const behind = rows.filter(([, , revision, snapshotRevision]) => revision > snapshotRevision);
    const events = behind.length === 0 ? new Map<number, RecordedEvent[]>() : await this.tailsOf(behind);
    for (const [id, name, revision, snapshotRevision, schemaVersion, bytes] of rows) {
      const tail = { revision, events: events.get(id) ?? [] };
      if (tail.events.length !== revision - snapshotRevision) throw new StreamDamaged(name, revision);
      tails.set(name, bytes === null ? tail : { ...tail, snapshot: { schemaVersion, bytes, revision: snapshotRevision } });
    }
  }

  private async tailsOf(streams: readonly StreamRow[]): Promise<Map<number, RecordedEvent[]>> {
    const expected = streams.reduce((sum, [, , revision, snapshot]) => sum + revision - snapshot, 0);
    const rows = await wholeRows(() => this.pool.query<[place: number, ...EventColumns]>({
      name: 'tails', rowMode: 'array',
      text: `SELECT g.place::int, ${COLUMNS}
        FROM unnest($1::int[], $2::int[], $3::int[]) WITH ORDINALITY AS g (id, after, up_to, place)
        CROSS JOIN LATERAL (
          SELECT * FROM ${this.schema}.event AS e
          WHERE e.stream_id = g.id AND ${revisionsWithin('g.after', 'g.up_to')} ORDER BY e.revision
        ) AS e`,
      values: [streams.map(([id]) => id), streams.map(([, , , snapshot]) => snapshot), streams.map(([, , revision]) => revision)],
    }), this.parts.months, (found) => found.length === expected);
    await this.kinds.ensureIds(rows.map(([, , , , , kind]) => kind));
    const tails = new Map<number, RecordedEvent[]>();
    for (const [place, ...columns] of rows) {
      const [id = 0, name = ''] = streams[place - 1] ?? [];
      const event = this.toEvent(name, columns);
      const tail = tails.get(id);
      if (tail) tail.push(event);
      else tails.set(id, [event]);
    }
    return tails;
  }

  /** Streams whole and in order, those that do not exist left out: two queries for each page of streams, whatever their length. */
  async readStreams(names: readonly StreamName[]): Promise<Map<StreamName, readonly RecordedEvent[]>> {
    const found = new Map<StreamName, readonly RecordedEvent[]>();
    for (let from = 0; from < names.length; from += APPEND_STREAMS_MAX) {
      const { rows } = await this.pool.query<StreamRow>({
        name: 'whole-streams', rowMode: 'array', values: [names.slice(from, from + APPEND_STREAMS_MAX)],
        text: `SELECT s.id, s.name, s.revision, 0, 0, NULL
          FROM unnest($1::text[]) AS g (name) JOIN ${this.schema}.stream AS s ON s.name = g.name`,
      });
      const events = await this.tailsOf(rows);
      for (const [id, name, revision] of rows) {
        const whole = events.get(id) ?? [];
        if (whole.length !== revision) throw new StreamDamaged(name, revision);
        found.set(name, whole);
      }
    }
    return found;
  }

  /** Pages of one stream, from a revision on. */
  async* readStream(stream: StreamName, from: Revision): AsyncIterable<RecordedEvent> {
    for (let after = Math.max(from, 1) - 1; ; after += STREAM_PAGE_EVENTS) {
      const rows = await wholeRows(() => this.pool.query<[end: Revision, ...EventColumns]>({
        name: 'stream-page', rowMode: 'array', values: [stream, after, after + STREAM_PAGE_EVENTS],
        text: `SELECT s.revision, ${COLUMNS}
          FROM ${this.schema}.stream AS s LEFT JOIN LATERAL (
            SELECT * FROM ${this.schema}.event AS e WHERE e.stream_id = s.id AND ${revisionsWithin('$2::int', '$3::int')} ORDER BY e.revision
          ) AS e ON true
          WHERE s.name = $1 AND s.revision > $2::int`,
      }), this.parts.months, (found) => isWholePage(found, after));
      if (!isWholePage(rows, after)) throw new StreamDamaged(stream, rows[0]?.[0] ?? 0);
      await this.kinds.ensureIds(rows.map(([, , , , , kind]) => kind));
      for (const [, ...columns] of rows) yield this.toEvent(stream, columns);
      if (rows.length < STREAM_PAGE_EVENTS) return;
    }
  }

  /** Last position of each partition, all in one snapshot. */
  async heads(): Promise<Positions> {
    const { rows } = await this.pool.query<[number, string]>({
      name: 'heads', rowMode: 'array', text: `SELECT h.partition, h.position FROM ${this.schema}.log_head AS h ORDER BY h.partition`,
    });
    return new Map(rows.map(([partition, position]) => [partition, Number(position)]));
  }

  /** Events of a partition after a position up to another, in order; those of other streams than the prefix names come without `event`. */
  async readLane(range: { partition: number; after: number; upTo: number }, prefix: string): Promise<LoggedEvent[]> {
    const [ticks, rows] = await Promise.all([this.ticks(range), wholeRows(() => this.pool.query<[name: string | null, ...EventColumns]>({
      name: 'lane-page', rowMode: 'array', values: [range.partition, range.after, range.upTo, prefix],
      text: `SELECT s.name, e.partition, e.position, e.revision, e.event_id, e.kind_id,
          round(date_part('epoch', e.recorded_at) * 1000)::bigint,
          CASE WHEN s.id IS NOT NULL THEN e.data END, CASE WHEN s.id IS NOT NULL THEN e.metadata END
        FROM ${this.schema}.event AS e LEFT JOIN ${this.schema}.stream AS s ON s.id = e.stream_id AND starts_with(s.name, $4)
        WHERE e.partition = $1 AND e.position > $2 AND e.position <= $3 ORDER BY e.position`,
    }), this.parts.months, (found) => found.length === range.upTo - range.after)]);
    await this.kinds.ensureIds(rows.map(([, , , , , kind]) => kind));
    let segment = 0;
    return rows.map(([name, ...columns]) => {
      const position = Number(columns[1]);
      while ((ticks[segment]?.last ?? Infinity) < position) segment += 1;
      const tick = ticks[segment]?.tick;
      if (tick === undefined) throw new LogDamaged(columns[0], position);
      return { partition: columns[0], position, tick, event: name === null ? undefined : this.toEvent(name, columns) };
    });
  }

  /** Ticks of the segments that a range of positions touches, in order. */
  private async ticks({ partition, after, upTo }: { partition: number; after: number; upTo: number }) {
    const { rows } = await this.pool.query<[last: string, tick: string]>({
      name: 'lane-ticks', rowMode: 'array', values: [partition, after, upTo],
      text: `SELECT g.last_position, g.tick FROM ${this.schema}.segment AS g
        WHERE g.partition = $1 AND g.first_position <= $3 AND g.first_position >= coalesce((
          SELECT f.first_position FROM ${this.schema}.segment AS f WHERE f.partition = $1 AND f.first_position <= $2::bigint + 1
          ORDER BY f.first_position DESC LIMIT 1), 0)
        ORDER BY g.first_position`,
    });
    return rows.map(([last, tick]) => ({ last: Number(last), tick: Number(tick) }));
  }

  private toEvent(stream: StreamName, columns: EventColumns): RecordedEvent {
    const [partition, position, revision, id, kind, recordedAt, data, metadata] = columns;
    const event = {
      stream, revision, id, ...this.kinds.kindOf(kind), data, recordedAt: Number(recordedAt),
      position: { partition, position: BigInt(position) },
    };
    return metadata === '' || metadata === null ? event : { ...event, metadata };
  }
}

/** True when the page has all the revisions that its stream has in it. A revision that is there twice makes another be missing. */
function isWholePage(rows: readonly [end: Revision, ...EventColumns][], after: Revision): boolean {
  const end = rows[0]?.[0] ?? after;
  return rows.length === Math.min(STREAM_PAGE_EVENTS, end - after) && rows.every(([, , , revision], index) => revision === after + 1 + index);
}
