import { batchSpan, Rounds } from '@trebol/chassis';
import type { Clock } from '@trebol/contracts';
import type { EventStore } from '@trebol/event-store';
import { type Addressed, dueCommands, type PointsCommand, type PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { unpack } from '../wallet-folds.ts';
import { type DueWallet, dueWallets } from './due-wallets.ts';

/** Wallets booked with one call of the ledger: one append per wallet, all in one transaction of the store. */
const DUE_WALLETS_MAX = 1_000;
/** Pages in hand: one is written while the next is decided and the one after is looked up. More only wait for each other. */
const PAGES_IN_HAND = 3;
/**
 * How often the clock is looked at while nothing is due, in milliseconds. Booking late is harmless: what may be spent goes by
 * the lots' dates (G2).
 */
const LOOK_EVERY_MS = 1_000;
/** Pause after a failed round, in milliseconds. */
const PAUSE_MS = 5_000;
/**
 * Rounds of `runUntilCaughtUp` before it gives up: booking makes at most a few new things due (a lapsed hold lets go points
 * that expire).
 */
const ROUNDS_MAX = 10;

export interface BookDueParts {
  readonly dataSource: DataSource;
  readonly eventStore: EventStore;
  readonly ledger: PointsLedger;
  readonly clock: Clock;
  /** Returns when the balance rows cover the log as it is now. */
  readonly projected: () => Promise<void>;
}

/** What one sweep did. */
export interface Booked {
  /** Wallets at which something was due. */
  readonly wallets: number;
  /** Commands that wrote something; one that somebody else had booked already is not counted. */
  readonly booked: number;
}

/**
 * States what the calendar has brought: holds that lapsed, points that became available, points that expired, in this order
 * (G10). It only books:
 * a decision never waits for it (G2). Wallets are found by `balance.next_due_at`; booking twice is booking once, because the
 * ledger answers "already done".
 */
export class BookDue {
  readonly background: Rounds;

  constructor(private readonly parts: BookDueParts) {
    this.background = new Rounds({
      name: 'BookDue', clock: parts.clock, everyMs: LOOK_EVERY_MS, retryMs: PAUSE_MS,
      round: (signal) => this.runOnce(parts.clock.now(), signal),
    });
  }

  /**
   * Books everything that is due by `now` as far as the balance rows know, in bounded pages, a few at a time: no wallet is on two of
   * them. When one fails, those in hand end first.
   */
  async runOnce(now: number, signal?: AbortSignal): Promise<Booked> {
    const inHand = new Set<Promise<void>>();
    const failures: unknown[] = [];
    let wallets = 0;
    let booked = 0;
    try {
      for await (const due of dueWallets(this.parts.dataSource, { now, pageMax: DUE_WALLETS_MAX })) {
        wallets += due.length;
        const span = { name: 'book due', attributes: { 'trebol.wallets': due.length } };
        const page = batchSpan(span, () => this.bookPage(due, now))
          .then((count) => { booked += count; }, (error: unknown) => { failures.push(error); })
          .finally(() => { inHand.delete(page); });
        inHand.add(page);
        if (inHand.size >= PAGES_IN_HAND) await Promise.race(inHand);
        if (signal?.aborted === true || failures.length > 0) break;
      }
    } finally {
      await Promise.all(inHand);
    }
    if (failures.length > 0) throw failures[0];
    return { wallets, booked };
  }

  /**
   * Books until nothing is due by `now`, waiting for the balance rows in between: what a sandbox does when its clock is moved.
   */
  async runUntilCaughtUp(now: number): Promise<Booked> {
    let wallets = 0;
    let booked = 0;
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      await this.parts.projected();
      const done = await this.runOnce(now);
      if (done.wallets === 0) return { wallets, booked };
      wallets += done.wallets;
      booked += done.booked;
    }
    throw new Error(`still something due by ${new Date(now).toISOString()} after ${ROUNDS_MAX} rounds`);
  }

  private async bookPage(due: readonly DueWallet[], now: number): Promise<number> {
    const expire: PointsCommand = { type: 'ExpireLots', asOf: now, commandId: `due~expire~${now}`, occurredAt: now };
    const commands: Addressed<PointsCommand>[] = [];
    for (const one of due) {
      const { wallet } = one;
      // Holds lapse by a command of their own, which says whose they are; without one, a single command books all that is due, in order.
      if (one.holding === undefined) commands.push({ wallet, command: expire });
      else for (const command of await this.lapseAndExpire(one, now)) commands.push({ wallet, command });
    }
    const outcomes = await this.parts.ledger.handleMany(commands);
    const unknown = outcomes.find((outcome) => outcome.status === 'unknown');
    if (unknown !== undefined) throw new Error('the event store did not answer', { cause: unknown.cause });
    return outcomes.filter((outcome) => outcome.status === 'accepted' && !outcome.alreadyDone).length;
  }

  private async lapseAndExpire({ wallet, holding }: DueWallet, now: number): Promise<readonly PointsCommand[]> {
    return holding === undefined ? [] : dueCommands(await unpack(this.parts.eventStore, wallet, holding), now);
  }
}
