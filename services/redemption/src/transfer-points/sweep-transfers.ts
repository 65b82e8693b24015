import { Logger } from '@nestjs/common';
import { Rounds } from '@trebol/chassis';
import type { PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';
import type { Settings } from '../settings.ts';
import { FinishTransfer } from './finish-transfer.ts';
import { type Transfer, TransferRows } from './transfer-rows.ts';

/** Transfers looked at together. */
const BATCH_MAX = 100;
/** A transfer goes back at most this long after its time. */
const EVERY_MS = 5_000;
const BY = 'sweep-transfers';

/** Finishes what a crash left unfinished and sends back what nobody answered in time. May run in several processes at once. */
export class SweepTransfers {
  readonly background: Rounds;
  private readonly log = new Logger('SweepTransfers');
  private readonly rows: TransferRows;
  private readonly finishing: FinishTransfer;

  constructor(private readonly settings: Settings, dataSource: DataSource, ledger: PointsLedger) {
    this.rows = new TransferRows(dataSource);
    this.finishing = new FinishTransfer(settings, this.rows, ledger);
    this.background = new Rounds({ name: 'SweepTransfers', clock: settings.clock, everyMs: EVERY_MS, round: () => this.runOnce() });
  }

  /** Does all that is due at `now` (milliseconds; the clock's when left out); answers how many transfers it looked at. */
  async runOnce(now: number = this.settings.clock.now()): Promise<number> {
    let total = 0;
    for (;;) {
      const due = await this.rows.due(now, BATCH_MAX);
      for (const transfer of due) await this.look(transfer, now);
      total += due.length;
      if (due.length < BATCH_MAX) return total;
    }
  }

  /** One that fails is looked at again later, so that it holds up no other. */
  private async look(transfer: Transfer, now: number): Promise<void> {
    try {
      const lapsed = transfer.state === 'sent'
        ? await this.rows.turn(transfer, { to: 'returning', reason: 'lapsed' }, { keyId: BY, now })
        : transfer;
      if (!lapsed) return;
      const { transfer: reached, stopped } = await this.finishing.finish(lapsed, BY);
      if (stopped && reached.state !== 'refused') await this.rows.later(reached, now);
    } catch (error) {
      this.log.warn(`the transfer ${transfer.transferId} is tried again later: ${String(error)}`);
      await this.rows.later(transfer, now);
    }
  }
}
