import type { RecordedEvent } from '@trebol/event-store';
import { balanceAt, describeEvent, type PublicMovement, type WalletBalance } from '@trebol/points';
import type { Held } from './wallet-folds.ts';

/** An event as others may see it, and its wallet right after it, as of the instant of recording. */
export interface Movement {
  readonly said: PublicMovement;
  /** Number of the event in its wallet's history, over all periods. */
  readonly revision: number;
  readonly balance: WalletBalance;
}

/** Computes a movement afresh. */
export const movementOf = (event: RecordedEvent, after: Held): Movement =>
  ({ said: describeEvent(event), revision: after.revision, balance: balanceAt(after.state, event.recordedAt) });

/** Movements remembered: the projector and the publisher read the same end of the log a moment apart. About 1 kB each. */
const MOVEMENTS_KEPT_MAX = 8_192;

/**
 * What events say, computed once for all readers of this process. Both parts depend on the stream up to the event alone, and streams only
 * grow, so a remembered movement is the one that would be computed.
 */
export class Movements {
  private newer = new Map<string, Movement>();
  private older = new Map<string, Movement>();

  /** The movement of an event, given its wallet right after it. */
  of(event: RecordedEvent, after: Held): Movement {
    const name = `${event.stream}#${event.revision}`;
    const known = this.newer.get(name) ?? this.older.get(name);
    if (known !== undefined) return known;
    const movement = movementOf(event, after);
    if (this.newer.size >= MOVEMENTS_KEPT_MAX / 2) {
      this.older = this.newer;
      this.newer = new Map();
    }
    this.newer.set(name, movement);
    return movement;
  }
}
