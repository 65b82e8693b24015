import type { RecordedEvent } from '@trebol/event-store';
import { violationsOfStep, type Wallet } from '@trebol/points';
import type { Movement } from '../movements.ts';
import type { Held } from '../wallet-folds.ts';
import { checkConservation } from './compare-wallets.ts';
import { DifferenceFound, walletText } from './report.ts';

/**
 * A wallet with at most so many lots, spendings and remembered effects is looked at whole after each of its events, some 3 to 6 µs; a larger one
 * once for each batch of the log that it is in, because the look takes as long as the wallet is large.
 */
export const LOOKED_AT_EACH_MAX = 120;

const sizeOf = ({ lots, spendings, seen }: Wallet): number => lots.length + spendings.length + seen.length;

/**
 * Proves each event while the log is folded, whatever the store keeps of its own: that its id is made from what it says, that what it tells the
 * world moved is what the wallet's totals moved by, and that the wallet is right after it.
 */
export class EventChecks {
  private readonly large = new Set<Held>();

  /** Throws `DifferenceFound`. */
  each(event: RecordedEvent, after: Held, { before, movement }: { readonly before: Wallet; readonly movement: Movement }): void {
    const [wrong] = violationsOfStep(event, { before, after: after.state, points: movement.said.points });
    if (wrong !== undefined) {
      throw new DifferenceFound({
        check: 'event', wallet: after.id, revision: after.revision, message: `${walletText(after.id)} revision ${after.revision}: ${wrong}`,
      });
    }
    if (sizeOf(after.state) > LOOKED_AT_EACH_MAX) this.large.add(after);
    else checkConservation(after);
  }

  /** Looks at the large wallets of the batch. Throws `DifferenceFound`. */
  batch(): void {
    for (const held of this.large) checkConservation(held);
    this.large.clear();
  }
}
