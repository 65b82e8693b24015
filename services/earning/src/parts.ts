import type { Metrics, Programme } from '@trebol/chassis';
import type { Clock, Ids } from '@trebol/contracts';
import type { MessageBus } from '@trebol/messaging';
import type { PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';

/** What earning is built from. `dataSource` is its own: opened with `earningDatabase`. */
export interface EarningParts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly dataSource: DataSource;
  readonly bus: MessageBus;
  readonly ledger: PointsLedger;
  /** Default: one spendable type, `points`. */
  readonly programme?: Programme | undefined;
  /** Secret of the identifier tokens: the same in every service, for ever. */
  readonly identifierKey: Buffer;
  /** Folder for uploaded files until they are imported. */
  readonly dataFolder: string;
  /** Milliseconds a single ticket waits for its card's registration that is on its way; default 250, 0: never. */
  readonly arrivalWaitMs?: number | undefined;
  /** Counts tickets by what became of them. Absent: nobody does. */
  readonly metrics?: Metrics | undefined;
  /** Told of background work that failed and will be tried again; default: Nest's logger. */
  readonly onFailure?: (work: string, error: unknown) => void;
}
