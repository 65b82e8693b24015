import type { Clock } from '@trebol/contracts';
import type { Checkpoint, EventStore, RecordedBatch, RecordedEvent } from '@trebol/event-store';
import type { MessageBus, OutgoingMessage } from '@trebol/messaging';
import type { DataSource } from 'typeorm';
import { readCheckpoint } from '../checkpoints.ts';
import type { LogWork } from '../follow-log.ts';
import { loadStoredWallets } from '../stored-wallets.ts';
import { onConnection, UnitOfWork } from '../unit-of-work.ts';
import { type Movement, Movements } from '../movements.ts';
import { isOfBooks } from '../wallet-chain.ts';
import { type Held, WalletFolds } from '../wallet-folds.ts';
import type { CountPoints } from './count-points.ts';
import { balanceMessage, entryMessage } from './messages.ts';
import { PUBLISHED_TABLE, savePublished } from './published-wallets.ts';

/** Name of the publisher's checkpoint. */
export const PUBLISHER = 'points-publisher';

export interface PublishParts {
  readonly dataSource: DataSource;
  readonly eventStore: EventStore;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly walletsMax: number;
  /** Shared with the projector where both run in one process. */
  readonly movements?: Movements;
  /** Counts what is published; absent: nobody does. */
  readonly counted?: CountPoints | undefined;
}

/**
 * Tells the world what happened: every movement, and the newest balance of each wallet of a batch. The checkpoint moves after
 * the bus has acknowledged,
 * so a message may go out twice, with the same id, and never not at all. Balances are folded over wallets of its own
 * (`published_wallet`,
 * saved with the checkpoint): it depends neither on the read models nor on snapshots, which may both be ahead of what it has to
 * say.
 */
export class PublishPoints implements LogWork {
  private readonly folds: WalletFolds;
  private readonly movements: Movements;
  private reached: Checkpoint;
  private next: Checkpoint;
  private events = 0;

  constructor(private readonly parts: PublishParts) {
    this.folds = new WalletFolds(
      (wallets) => onConnection(parts.dataSource, (client) => loadStoredWallets(client, PUBLISHED_TABLE, wallets)), parts);
    this.movements = parts.movements ?? new Movements();
    this.reached = parts.eventStore.start;
    this.next = parts.eventStore.start;
  }

  async resume(): Promise<Checkpoint> {
    const { dataSource, eventStore } = this.parts;
    this.reached = await onConnection(dataSource, (client) => readCheckpoint(client, PUBLISHER, eventStore));
    this.next = this.reached;
    return this.reached;
  }

  async apply(batch: RecordedBatch): Promise<void> {
    if (this.parts.eventStore.covers(this.next, batch.checkpoint)) return; // delivered before
    await this.folds.prepare(batch.events);
    const messages: OutgoingMessage[] = [];
    const newest = new Map<Held, { readonly event: RecordedEvent; readonly movement: Movement }>();
    for (const event of batch.events) {
      const held = this.folds.apply(event);
      if (held === undefined || isOfBooks(event)) continue;
      const movement = this.movements.of(event, held);
      this.parts.counted?.note(movement.said, held.id.pointType);
      messages.push(entryMessage(event, held, movement));
      newest.set(held, { event, movement });
    }
    for (const [held, { event, movement }] of newest) messages.push(balanceMessage(event, held, movement));
    if (messages.length > 0) await this.parts.bus.publish(messages);
    this.next = batch.checkpoint;
    this.events += batch.events.length;
  }

  async commit(): Promise<Checkpoint> {
    if (this.next === this.reached) return this.reached;
    const unit = await UnitOfWork.begin(this.parts.dataSource, PUBLISHER, this.reached);
    try {
      await savePublished(unit.client, this.folds.changed());
      await unit.commit({ reached: this.next, events: this.events, at: this.parts.clock.now() });
    } catch (error) {
      await unit.rollback();
      throw error;
    }
    this.parts.counted?.commit();
    this.folds.settle();
    this.events = 0;
    this.reached = this.next;
    return this.reached;
  }

  abandon(): Promise<void> {
    this.parts.counted?.forget();
    this.folds.clear();
    this.events = 0;
    this.next = this.reached;
    return Promise.resolve();
  }
}
