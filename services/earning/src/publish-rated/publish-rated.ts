import { Rounds } from '@trebol/chassis';
import { type Clock, type TicketRated, topics } from '@trebol/contracts';
import type { MessageBus, OutgoingMessage } from '@trebol/messaging';
import type { DataSource } from 'typeorm';
import { nextTurn } from '../next-turn.ts';
import type { StoreLookup } from '../store.ts';
import { onConnection, rowsOfPrepared } from '../transaction.ts';
import { Parcel } from './parcel.ts';
import { type RatedRow, messageOf } from './rated-message.ts';

/** Batches read ahead in one query of the outbox. */
const BATCHES_READ_MAX = 20;
/** Tickets read at once: bounds memory whatever a batch holds; a batch of an import is one reading. */
const TICKETS_READ_MAX = 1_000;
/** Messages of a step from which the next follows at once; after a smaller one it waits, so that what comes meanwhile goes out together. */
const BUSY_MESSAGES_MIN = 2_000;
/** Milliseconds between two steps that are not busy. */
const IDLE_MS = 200;
/** Milliseconds until the next attempt when the bus or the database did not answer; nothing is skipped, however long it takes. */
const RETRY_MS = 2_000;

/** A body goes out as text: as bytes pg would send it in hexadecimal, twice as long. Instants in milliseconds: no Date for each row. */
const TICKETS = {
  name: 'earning.tickets-to-tell',
  text: `
    SELECT transaction_key, version, type, decision, not_posted, member_id, original_key,
      round(date_part('epoch', occurred_at) * 1000)::float8 AS occurred_at, points, convert_from(body, 'UTF8') AS body
    FROM earning.ticket WHERE batch = $1 AND transaction_key > $2 ORDER BY transaction_key LIMIT ${TICKETS_READ_MAX}`,
};

interface PostedBatch {
  readonly batch: string;
  readonly outbox: string;
  readonly tenant: string;
  readonly traceparent: string | null;
}

export interface PublishParts {
  readonly dataSource: DataSource;
  readonly clock: Clock;
  readonly bus: MessageBus;
  readonly stores: StoreLookup;
}

/**
 * Publishes `trebol.earning.ticket-rated.v1`. The ticket table is the outbox: posted batches have a place in one growing order, and
 * this relay keeps how far it has come. At least once; a ticket that has moved to a later batch is told there, with its newer
 * version.
 */
export class PublishRated {
  readonly background: Rounds;

  constructor(private readonly parts: PublishParts) {
    this.background = new Rounds({
      name: 'PublishRated', clock: parts.clock, everyMs: IDLE_MS, retryMs: RETRY_MS, round: (signal) => this.publishWhileBusy(signal),
    });
  }

  /** True when every ticket that was rated has been posted and published. */
  async caughtUp(): Promise<boolean> {
    const [row]: { behind: boolean }[] = await this.parts.dataSource.query(`
      SELECT EXISTS (SELECT 1 FROM earning.rating_batch WHERE posted_at IS NULL)
          OR EXISTS (SELECT 1 FROM earning.rating_batch
            WHERE outbox > coalesce((SELECT position FROM earning.relay WHERE name = 'ticket-rated'), 0)) AS behind`);
    return row?.behind === false;
  }

  /** Publishes everything posted so far; answers the number of messages. */
  async drain(): Promise<number> {
    let published = 0;
    for (;;) {
      const step = await this.runOnce();
      if (step === undefined) return published;
      published += step;
      await nextTurn();
    }
  }

  /** Publishes the next posted batches; answers the number of messages, undefined when there was no batch. */
  private async runOnce(): Promise<number | undefined> {
    const batches = await this.nextBatches();
    if (batches.length === 0) return undefined;
    const parcel = new Parcel(this.parts.bus);
    let published = 0;
    for (const [index, batch] of batches.entries()) {
      published += await this.pack(batch, parcel);
      if (!parcel.isFull && index < batches.length - 1) continue;
      await parcel.send();
      await this.noteTold(batch.outbox);
    }
    return published;
  }

  private async nextBatches(): Promise<readonly PostedBatch[]> {
    const { dataSource } = this.parts;
    const [checkpoint]: { position: string }[] = await dataSource.query(`SELECT position FROM earning.relay WHERE name = 'ticket-rated'`);
    return dataSource.query<PostedBatch[]>(
      `SELECT batch, outbox, tenant, traceparent FROM earning.rating_batch WHERE outbox > $1 ORDER BY outbox LIMIT ${BATCHES_READ_MAX}`,
      [checkpoint?.position ?? '0']);
  }

  private async noteTold(outbox: string): Promise<void> {
    await this.parts.dataSource.query(`
      INSERT INTO earning.relay (name, position) VALUES ('ticket-rated', $1)
      ON CONFLICT (name) DO UPDATE SET position = greatest(relay.position, excluded.position)`, [outbox]);
  }

  /** Packs the tickets of a batch, sending what is full on the way; answers how many they are. */
  private async pack(posted: PostedBatch, parcel: Parcel): Promise<number> {
    const { dataSource } = this.parts;
    let packed = 0;
    let after = '';
    for (;;) {
      const rows = await onConnection(dataSource, (client) => rowsOfPrepared<RatedRow>(client, TICKETS, [posted.batch, after]));
      await this.packRows(posted, rows, parcel);
      packed += rows.length;
      const last = rows.at(-1);
      if (!last || rows.length < TICKETS_READ_MAX) return packed;
      after = last.transaction_key;
    }
  }

  private async packRows(posted: PostedBatch, rows: readonly RatedRow[], parcel: Parcel): Promise<void> {
    const { tenant } = posted;
    const stores = await this.parts.stores.find(tenant, rows.map(({ transaction_key: key }) => key.slice(0, key.indexOf('~'))));
    for (const row of rows) {
      const message = outgoing(posted, row, messageOf(row, stores));
      if (!parcel.hasRoomFor(message)) {
        await parcel.send();
        await nextTurn();
      }
      parcel.add(message);
    }
  }

  /** Ends after the publish in hand when it is to stop; what was acknowledged and not yet noted comes again. */
  private async publishWhileBusy(signal: AbortSignal): Promise<void> {
    for (let published = BUSY_MESSAGES_MIN; published >= BUSY_MESSAGES_MIN && !signal.aborted;) published = await this.runOnce() ?? 0;
  }
}

const outgoing = ({ tenant, traceparent }: PostedBatch, row: RatedRow, value: TicketRated): OutgoingMessage => ({
  topic: topics.ticketRated.name, key: value.memberId ?? value.storeId, id: `${tenant}/${value.transactionKey}/${value.version}`, tenant,
  time: row.occurred_at, value: JSON.stringify(value), ...(traceparent === null ? {} : { traceparent }),
});
