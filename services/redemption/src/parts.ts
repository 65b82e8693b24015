import type { Programme } from '@trebol/chassis';
import type { Clock } from '@trebol/contracts';
import type { PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';

/** What points are worth at a till: `points` of them stand for `minorUnits` of `currency`. */
export interface PointValue {
  readonly points: number;
  readonly minorUnits: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** What redemption is built from. `dataSource` is its own: opened with `redemptionDatabase`. */
export interface RedemptionParts {
  readonly clock: Clock;
  readonly dataSource: DataSource;
  readonly ledger: PointsLedger;
  /** Secret of the identifier tokens: the same in every service, for ever. */
  readonly identifierKey: Buffer;
  /** Default: 100 points are worth 1.00 EUR. */
  readonly pointValue?: PointValue;
  /** Its currency is what is spent here; its zone says the last day of points given by hand. Default: one spendable type, `points`. */
  readonly programme?: Programme;
  /** Milliseconds a till waits for a card's registration that is on its way; default 250, 0: never. */
  readonly arrivalWaitMs?: number;
}
