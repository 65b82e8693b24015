import { createHash } from 'node:crypto';

import type pg from 'pg';

import type { ChainHead, LogDifference, NewEvent } from '../port.ts';
import { chainHeads } from './chain-heads.ts';
import type { CheckLogOptions } from './check-log.ts';
import { closePool, openPool } from './connections.ts';
import { quotedSchema } from './migrate.ts';
import { canonicalForm, chainOrigin, segmentHash } from './segment-hash.ts';

/** Segments read at a time. */
const SEGMENTS_PAGE = 1_000;
/** Events read at a time, bounded so that a page of the largest events (1 MiB) still fits in memory; the size follows the bytes found. */
const EVENTS_PAGE_MIN = 32;
const EVENTS_PAGE_MAX = 4_096;
const PAGE_BYTES = 4_194_304;

export interface CheckChainOptions extends Omit<CheckLogOptions, 'differencesMax'> {
  /** Heads noted earlier, elsewhere: the only proof against somebody who rewrites the log and all hashes after it, or cuts off its end. */
  readonly noted?: readonly ChainHead[];
}

/**
 * Computes the chain of each lane anew from the events, from where the lane's chain starts, and answers the first difference of each
 * lane; empty when all is well. Reads one snapshot in order of position, so appends may go on meanwhile; memory is a page of
 * events (some MiB), whatever the length of the log.
 */
export async function checkChain(options: CheckChainOptions): Promise<LogDifference[]> {
  const { url, schema = 'event_store', noted = [] } = options;
  const quoted = quotedSchema(schema);
  const pool = openPool(url, 1, 'trebol check chain');
  const client = await pool.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const differences: LogDifference[] = [];
    for (const head of await chainHeads(client, quoted)) {
      const told = await new LaneChain({ client, schema: quoted }, head, noted).check();
      if (told !== undefined) differences.push({ kind: 'chain', place: `partition ${head.partition}`, ...told });
    }
    return differences;
  } finally {
    client.release(true);
    await closePool(pool);
  }
}

type Told = Pick<LogDifference, 'expected' | 'found'>;

interface Segment {
  readonly first: number;
  readonly last: number;
  readonly tick: number;
  readonly hash: Buffer | null;
}

interface ChainedEvent extends NewEvent {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
}

type Events = AsyncGenerator<ChainedEvent, undefined>;

/** A lane's chain while it is computed anew, segment after segment. */
class LaneChain {
  private readonly waiting: Map<number, string>;
  private reached: number;
  private hash: Buffer;

  constructor(private readonly source: { readonly client: pg.ClientBase; readonly schema: string }, private readonly head: ChainHead, noted: readonly ChainHead[]) {
    this.waiting = new Map(noted.filter(({ partition }) => partition === head.partition).map((one) => [one.position, one.hash]));
    this.reached = head.chainedFrom - 1;
    this.hash = chainOrigin(head.partition, head.chainedFrom);
  }

  async check(): Promise<Told | undefined> {
    const events = this.events();
    let fault = this.asNoted();
    if (fault !== undefined) return fault;
    for await (const segment of this.segments()) {
      fault = await this.add(segment, events) ?? this.asNoted();
      if (fault !== undefined) return fault;
    }
    return this.atHead(await events.next());
  }

  private async add(segment: Segment, events: Events): Promise<Told | undefined> {
    if (segment.first !== this.reached + 1 || segment.last < segment.first) {
      return { expected: `a segment from position ${this.reached + 1} on`, found: named(segment) };
    }
    const content = await contentOf(segment, events);
    if (!Buffer.isBuffer(content)) return content;
    this.hash = segmentHash(this.hash, { partition: this.head.partition, ...segment }, content);
    this.reached = segment.last;
    if (segment.hash !== null && this.hash.equals(segment.hash)) return undefined;
    return { expected: `${named(segment)} with hash ${this.hash.toString('hex')}`, found: `hash ${segment.hash?.toString('hex') ?? 'none'}` };
  }

  private asNoted(): Told | undefined {
    const noted = this.waiting.get(this.reached);
    this.waiting.delete(this.reached);
    const now = this.hash.toString('hex');
    return noted === undefined || noted === now ? undefined : { expected: `hash ${noted} at position ${this.reached}, as noted`, found: `hash ${now}` };
  }

  private atHead(beyond: IteratorResult<ChainedEvent, undefined>): Told | undefined {
    const { position: end, hash } = this.head;
    const computed = this.hash.toString('hex');
    if (this.reached !== end) return { expected: `segments up to position ${end}, where the head is`, found: `none after position ${this.reached}` };
    if (beyond.done !== true) return { expected: `no event after position ${end}`, found: `position ${beyond.value.position}` };
    if (computed !== hash) return { expected: `head with hash ${computed}`, found: `hash ${hash}` };
    const [missing] = this.waiting.keys();
    return missing === undefined ? undefined : { expected: `a segment that ends at position ${missing}, as noted`, found: `none, the head is at ${end}` };
  }

  private async* segments(): AsyncGenerator<Segment, undefined> {
    for (let from = this.head.chainedFrom; ;) {
      const { rows } = await this.source.client.query<[string, string, string, Buffer | null]>({
        name: 'chain-segments', rowMode: 'array', values: [this.head.partition, from, SEGMENTS_PAGE],
        text: `SELECT g.first_position, g.last_position, g.tick, g.hash FROM ${this.source.schema}.segment AS g
          WHERE g.partition = $1 AND g.first_position >= $2 ORDER BY g.first_position LIMIT $3`,
      });
      for (const [first, last, tick, hash] of rows) yield { first: Number(first), last: Number(last), tick: Number(tick), hash };
      if (rows.length < SEGMENTS_PAGE) return;
      from = Number(rows.at(-1)?.[0]) + 1;
    }
  }

  /** Events from where the chain starts, in order of position, holes and doubles as they are. */
  private async* events(): Events {
    let size = EVENTS_PAGE_MIN;
    let after = this.head.chainedFrom - 1;
    for (;;) {
      const { rows } = await this.source.client.query<[string, string | null, number, string, string, number, string, string, string]>({
        name: 'chain-events', rowMode: 'array', values: [this.head.partition, after, size],
        // With ties, so that an event that stands twice at one position is not cut off by the page.
        text: `SELECT e.position, s.name, e.revision, e.event_id, k.name, k.schema_version,
            trim_scale(extract(epoch FROM e.recorded_at) * 1000)::text, e.data, e.metadata
          FROM (
            SELECT * FROM ${this.source.schema}.event WHERE partition = $1 AND position > $2 ORDER BY position FETCH FIRST $3 ROWS WITH TIES
          ) AS e
          LEFT JOIN ${this.source.schema}.stream AS s ON s.id = e.stream_id LEFT JOIN ${this.source.schema}.event_kind AS k ON k.id = e.kind_id
          ORDER BY e.position`,
      });
      let bytes = 1;
      for (const [position, stream, revision, id, type, schemaVersion, recordedAt, data, metadata] of rows) {
        bytes += data.length + metadata.length;
        yield { position: Number(position), stream: stream ?? '', revision, id, type, schemaVersion, recordedAt: milliseconds(recordedAt), data, metadata };
      }
      if (rows.length < size) return;
      after = Number(rows.at(-1)?.[0]);
      size = Math.min(EVENTS_PAGE_MAX, Math.max(EVENTS_PAGE_MIN, Math.floor((PAGE_BYTES * rows.length) / bytes)));
    }
  }
}

async function contentOf(segment: Segment, events: Events): Promise<Buffer | Told> {
  const content = createHash('sha256');
  for (let position = segment.first; position <= segment.last; position += 1) {
    const next = await events.next();
    if (next.done === true) return { expected: `an event at position ${position}`, found: 'the end of the log' };
    const event = next.value;
    if (event.position !== position) return { expected: `an event at position ${position}`, found: `position ${event.position}` };
    content.update(canonicalForm(event.stream, event.revision, event));
  }
  return content.digest();
}

/** No append writes parts of a millisecond: they must not be lost in rounding. */
const milliseconds = (text: string): number => (text.includes('.') ? Number.NaN : Number(text));
const named = ({ first, last }: Segment): string => `the segment of positions ${first} to ${last}`;
