import type { Metrics } from '@trebol/chassis';
import type { MovementKind, PublicMovement } from '@trebol/points';

/** The part of a movement that is counted. */
type Counted = Pick<PublicMovement, 'kind' | 'points'>;

/** Under which figure a movement is counted, and with which reason. */
type Place =
  | { readonly figure: 'issued' | 'redeemed'; readonly reason: string }
  | { readonly figure: 'expired' | 'reversed' }
  | undefined;

/**
 * Points that came into wallets and went out of them, by the programme as a whole: what a transfer or a merge carries from one member to
 * another is neither. So issued − redeemed − expired − reversed is what all members own (less what is on its way between two).
 */
function placeOf({ kind, points }: Counted): Place {
  switch (kind) {
    case 'earned': return { figure: 'issued', reason: 'purchase' };
    case 'restored': return { figure: 'issued', reason: 'cancellation' };
    case 'feeWaived': return { figure: 'issued', reason: 'feeWaiver' };
    case 'adjusted': return { figure: points > 0 ? 'issued' : 'redeemed', reason: 'adjustment' };
    // A member who leaves owes nothing any more: what is written off may be more than what is lost.
    case 'forfeited': return { figure: points > 0 ? 'issued' : 'redeemed', reason: 'forfeiture' };
    case 'redeemed': return { figure: 'redeemed', reason: 'redemption' };
    case 'captured': return { figure: 'redeemed', reason: 'hold' };
    case 'feeCharged': return { figure: 'redeemed', reason: 'cardFee' };
    case 'expired': return { figure: 'expired' };
    case 'reversed': return { figure: 'reversed' };
    case 'sent':
    case 'received':
    case 'takenBack':
    case 'movedOut':
    case 'movedIn':
    case 'opened':
    case 'held':
    case 'released':
    case 'lapsed':
    case 'activated':
    case 'extended':
    case 'frozen':
    case 'unfrozen':
    case 'closed':
    case 'booksClosed':
    case 'booksOpened': return undefined;
    default: {
      const never: never = kind;
      return never;
    }
  }
}

/**
 * Counts the points of movements, each once: what the publisher has read is counted when its checkpoint moves, so neither a repeated batch
 * nor a second replica counts anything twice. A crash in between leaves some uncounted; counters begin at 0 with the process anyway.
 */
export class CountPoints {
  /** Points by kind and sign that are read and not committed. */
  private readonly read = new Map<string, { readonly kind: MovementKind; points: number }>();

  /** Only points of the currency are counted: a sum over types would be of nothing. */
  constructor(private readonly metrics: Metrics, private readonly currency: string) {}

  note({ kind, points }: Counted, pointType: string): void {
    if (points === 0 || pointType !== this.currency) return;
    const name = points > 0 ? kind : `-${kind}`;
    const sum = this.read.get(name);
    if (sum === undefined) this.read.set(name, { kind, points });
    else sum.points += points;
  }

  /** What was noted is on record for good. */
  commit(): void {
    for (const counted of this.read.values()) this.count(placeOf(counted), Math.abs(counted.points));
    this.read.clear();
  }

  /** What was noted will be read again. */
  forget(): void {
    this.read.clear();
  }

  private count(place: Place, points: number): void {
    switch (place?.figure) {
      case 'issued': return this.metrics.count('trebol_points_issued_total', points, { reason: place.reason });
      case 'redeemed': return this.metrics.count('trebol_points_redeemed_total', points, { reason: place.reason });
      case 'expired': return this.metrics.count('trebol_points_expired_total', points);
      case 'reversed': return this.metrics.count('trebol_points_reversed_total', points);
      case undefined: return undefined;
      default: {
        const never: never = place;
        return never;
      }
    }
  }
}
