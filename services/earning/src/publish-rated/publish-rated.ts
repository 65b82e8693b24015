import { type Clock, type TicketRated, topics } from '@trebol/contracts';
import type { MessageBus, OutgoingMessage } from '@trebol/messaging';
import type { DataSource } from 'typeorm';
import { nextTurn } from '../next-turn.ts';
import type { StoreLookup } from '../store.ts';
import { type RatedRow, messageOf } from './rated-message.ts';

/** Batches read ahead in one query of the outbox. */
const BATCHES_READ_MAX = 20;
/** Tickets read at once: bounds memory whatever a batch holds; a batch of an import is one reading. */
const TICKETS_READ_MAX = 1_000;
/** Messages and bytes in one publish. A publish wakes every consumer: small ones make small batches all the way down. */
const PUBLISH_MESSAGES_MAX = 1_000;
const PUBLISH_BYTES_MAX = 2_097_152;
/** Milliseconds until the next look when there was nothing to publish. */
const IDLE_MS = 200;
/** Milliseconds until the next attempt when the bus or the database did not answer; nothing is skipped, however long it takes. */
const RETRY_MS = 2_000;

export interface PublishParts {
  readonly dataSource: DataSource;
  readonly clock: Clock;
  readonly bus: MessageBus;
  readonly stores: StoreLookup;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Publishes `trebol.earning.ticket-rated.v1`. The ticket table is the outbox: posted batches have a place in one growing order, and
 * this relay keeps how far it has come. At least once; a ticket that has moved to a later batch is told there, with its newer
 * version.
 */
export class PublishRated {
  private stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly parts: PublishParts) {}

  start(): void {
    this.stopping = new AbortController();
    this.running = this.run(this.stopping.signal);
  }

  /** Stops after the publish in hand; what was acknowledged and not yet noted comes again. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
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
    const { dataSource } = this.parts;
    const [checkpoint]: { position: string }[] = await dataSource.query(`SELECT position FROM earning.relay WHERE name = 'ticket-rated'`);
    const batches: { batch: string; outbox: string; tenant: string }[] = await dataSource.query(
      `SELECT batch, outbox, tenant FROM earning.rating_batch WHERE outbox > $1 ORDER BY outbox LIMIT ${BATCHES_READ_MAX}`,
      [checkpoint?.position ?? '0']);
    if (batches.length === 0) return undefined;
    let published = 0;
    for (const { batch, outbox, tenant } of batches) {
      published += await this.publishBatch(tenant, batch);
      await dataSource.query(`
        INSERT INTO earning.relay (name, position) VALUES ('ticket-rated', $1)
        ON CONFLICT (name) DO UPDATE SET position = greatest(relay.position, excluded.position)`,
      [outbox]);
    }
    return published;
  }

  private async publishBatch(tenant: string, batch: string): Promise<number> {
    let published = 0;
    let after = '';
    for (;;) {
      const rows: RatedRow[] = await this.parts.dataSource.query(`
        SELECT transaction_key, version, type, decision, not_posted, member_id, original_key, occurred_at, points, body FROM earning.ticket
        WHERE batch = $1 AND transaction_key > $2 ORDER BY transaction_key LIMIT ${TICKETS_READ_MAX}`, [batch, after]);
      published += await this.publishRows(tenant, rows);
      const last = rows.at(-1);
      if (!last || rows.length < TICKETS_READ_MAX) return published;
      after = last.transaction_key;
    }
  }

  private async publishRows(tenant: string, rows: readonly RatedRow[]): Promise<number> {
    const stores = await this.parts.stores.find(tenant, rows.map(({ transaction_key: key }) => key.slice(0, key.indexOf('~'))));
    let messages: OutgoingMessage[] = [];
    let bytes = 0;
    for (const row of rows) {
      const message = outgoing(tenant, row, messageOf(row, stores));
      if (messages.length === PUBLISH_MESSAGES_MAX || (messages.length > 0 && bytes + message.value.length > PUBLISH_BYTES_MAX)) {
        await this.parts.bus.publish(messages);
        messages = [];
        bytes = 0;
        await nextTurn();
      }
      messages.push(message);
      bytes += message.value.length;
    }
    if (messages.length > 0) await this.parts.bus.publish(messages);
    return rows.length;
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const published = await this.runOnce();
        if (published === undefined) await this.parts.clock.sleep(IDLE_MS, signal);
      } catch (error) {
        this.parts.onFailure(error);
        await this.parts.clock.sleep(RETRY_MS, signal);
      }
    }
  }
}

const outgoing = (tenant: string, row: RatedRow, value: TicketRated): OutgoingMessage => ({
  topic: topics.ticketRated.name, key: value.memberId ?? value.storeId, id: `${tenant}/${value.transactionKey}/${value.version}`, tenant,
  time: row.occurred_at.getTime(), value: JSON.stringify(value),
});
