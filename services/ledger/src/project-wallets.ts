import type { Clock } from '@trebol/contracts';
import type { Checkpoint, EventStore, RecordedBatch } from '@trebol/event-store';
import type { DataSource } from 'typeorm';
import { readCheckpoint } from './checkpoints.ts';
import type { LogWork } from './follow-log.ts';
import { balanceValues } from './balance-values.ts';
import { upsertBalances } from './project-balance/upsert-balances.ts';
import { copyEntries } from './project-entries/copy-entries.ts';
import { entryValues, type EntryValues } from './entry-values.ts';
import type { ReadModelTables } from './read-models.ts';
import { loadStoredWallets } from './stored-wallets.ts';
import { onConnection, UnitOfWork } from './unit-of-work.ts';
import type { Movements } from './movements.ts';
import { isOfBooks } from './wallet-chain.ts';
import { WalletFolds } from './wallet-folds.ts';

/** Wallets turned into rows and written with one statement: bounds the memory of its parameters. */
const WRITE_WALLETS_MAX = 10_000;

export interface ProjectionParts {
  readonly dataSource: DataSource;
  readonly eventStore: EventStore;
  readonly clock: Clock;
  readonly tables: ReadModelTables;
  /** Wallets kept in memory between commits. */
  readonly walletsMax: number;
  /** Shared with the publisher where both run in one process. */
  readonly movements?: Movements;
}

/**
 * Both read models of points, by one reading of the log: what a wallet is (balance) and what happened to it (entry). Rows and
 * checkpoint are one
 * transaction. Entries are copied in while the next batch is folded; changed wallets are written at the commit, or before when
 * memory is full.
 */
export class WalletProjection implements LogWork {
  private readonly folds: WalletFolds;
  private reached: Checkpoint;
  private next: Checkpoint;
  private events = 0;
  private unit: UnitOfWork | undefined;
  private copying: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ProjectionParts) {
    this.folds = new WalletFolds((wallets) => this.load(wallets), parts);
    this.reached = parts.eventStore.start;
    this.next = parts.eventStore.start;
  }

  async resume(): Promise<Checkpoint> {
    const { dataSource, eventStore, tables } = this.parts;
    this.reached = await onConnection(dataSource, (client) => readCheckpoint(client, tables.checkpoint, eventStore));
    this.next = this.reached;
    return this.reached;
  }

  async apply(batch: RecordedBatch): Promise<void> {
    if (this.parts.eventStore.covers(this.next, batch.checkpoint)) return; // delivered before
    await this.folds.prepare(batch.events);
    const entries: EntryValues[] = [];
    for (const event of batch.events) {
      const held = this.folds.apply(event);
      if (held !== undefined && !isOfBooks(event)) entries.push(entryValues(event, held, this.parts.movements?.of(event, held)));
    }
    this.next = batch.checkpoint;
    this.events += batch.events.length;
    await this.copy(entries);
    if (this.folds.size > this.parts.walletsMax) await this.writeChanged();
  }

  async commit(): Promise<Checkpoint> {
    if (this.next === this.reached) return this.reached;
    await this.writeChanged();
    const unit = await this.transaction();
    await unit.commit({ reached: this.next, events: this.events, at: this.parts.clock.now() });
    this.unit = undefined;
    this.events = 0;
    this.reached = this.next;
    return this.reached;
  }

  async abandon(): Promise<void> {
    const { unit } = this;
    this.unit = undefined;
    await this.copying.catch(() => undefined);
    this.copying = Promise.resolve();
    this.folds.clear();
    this.events = 0;
    this.next = this.reached;
    if (unit !== undefined) await unit.rollback();
  }

  private async transaction(): Promise<UnitOfWork> {
    this.unit ??= await UnitOfWork.begin(this.parts.dataSource, this.parts.tables.checkpoint, this.reached);
    await this.copying;
    return this.unit;
  }

  private async copy(entries: readonly EntryValues[]): Promise<void> {
    if (entries.length === 0) return;
    const { client } = await this.transaction();
    this.copying = copyEntries(client, this.parts.tables.entry, entries);
    this.copying.catch(() => undefined); // thrown where it is awaited, before anything else is written
  }

  private async writeChanged(): Promise<void> {
    const changed = this.folds.changed();
    for (let from = 0; from < changed.length; from += WRITE_WALLETS_MAX) {
      const { client } = await this.transaction();
      await upsertBalances(client, this.parts.tables.balance, changed.slice(from, from + WRITE_WALLETS_MAX).map(balanceValues));
    }
    this.folds.settle();
  }

  private async load(wallets: Parameters<typeof loadStoredWallets>[2]): ReturnType<typeof loadStoredWallets> {
    const { client } = await this.transaction();
    return loadStoredWallets(client, this.parts.tables.balance, wallets);
  }
}
