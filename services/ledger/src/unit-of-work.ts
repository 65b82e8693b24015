import type { Checkpoint } from '@trebol/event-store';
import type { ClientBase } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { lockCheckpoint, moveCheckpoint } from './checkpoints.ts';

/**
 * One database transaction that ends by moving a checkpoint. It takes its connection when first used and gives it back at the
 * end, whichever
 * end that is. The checkpoint's row is locked before anything is written, so a second replica on the same batch waits and then
 * refuses.
 */
export class UnitOfWork {
  private constructor(private readonly runner: QueryRunner, readonly client: ClientBase, private readonly name: string) {}

  /** Begins; throws `CheckpointMoved` when the stored checkpoint is not `reached` any more. */
  static async begin(dataSource: DataSource, name: string, reached: Checkpoint): Promise<UnitOfWork> {
    const runner = dataSource.createQueryRunner();
    const client = await runner.connect() as ClientBase;
    const unit = new UnitOfWork(runner, client, name);
    try {
      await client.query('BEGIN');
      await lockCheckpoint(client, name, reached);
      return unit;
    } catch (error) {
      await unit.rollback();
      throw error;
    }
  }

  /** Moves the checkpoint and commits everything together. */
  async commit(to: { readonly reached: Checkpoint; readonly events: number; readonly at: number }): Promise<void> {
    await moveCheckpoint(this.client, this.name, to);
    await this.client.query('COMMIT');
    await this.runner.release();
  }

  /** Undoes everything; safe on a broken connection. */
  async rollback(): Promise<void> {
    try {
      await this.client.query('ROLLBACK');
    } catch {
      // The connection is gone, and the transaction with it.
    }
    await this.runner.release();
  }
}

/** Runs `read` on a connection of its own. */
export async function onConnection<T>(dataSource: DataSource, read: (client: ClientBase) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    return await read(await runner.connect() as ClientBase);
  } finally {
    await runner.release();
  }
}
