import type { Clock } from '@trebol/contracts';

import { EventStoreDbEventStore } from './eventstoredb/eventstoredb-event-store.ts';
import type { Checkpoint, EventStore } from './port.ts';
import type { ChainHead } from './postgres/chain-heads.ts';
import { checkChain, type CheckChainOptions } from './postgres/check-chain.ts';
import { checkLog, type CheckLogOptions, type LogDifference } from './postgres/check-log.ts';
import { eventsBetween, fromCheckpoint } from './postgres/checkpoints.ts';
import { PostgresEventStore } from './postgres/postgres-event-store.ts';

export interface OpenEventStoreOptions {
  /** Its scheme chooses: `postgres:`, `postgresql:`; `esdb:`, `kurrentdb:`, each also with `+discover`. */
  readonly url: string;
  readonly clock: Clock;
  /** Connections for reads and tills, PostgreSQL only. */
  readonly poolMax?: number;
}

/** What only a log in PostgreSQL can answer about itself, of the log that was opened. */
export interface PostgresLog {
  /** Events from one checkpoint to a later one. */
  eventsBetween(reached: Checkpoint, target: Checkpoint): number;
  /** Where each lane's hash chain ends now. */
  chainHeads(): Promise<ChainHead[]>;
  checkLog(options?: Pick<CheckLogOptions, 'differencesMax'>): Promise<LogDifference[]>;
  checkChain(options?: Pick<CheckChainOptions, 'noted'>): ReturnType<typeof checkChain>;
}

export interface OpenedEventStore {
  readonly store: EventStore;
  /** Absent for EventStoreDB, which has no hash chain of ours. */
  readonly postgres?: PostgresLog;
}

/** Opens the store that the URL names. Throws for another scheme, or when it cannot be reached. The caller closes `store`. */
export async function openEventStore({ url, clock, poolMax }: OpenEventStoreOptions): Promise<OpenedEventStore> {
  const [scheme = ''] = url.trim().split(':', 1);
  switch (scheme) {
    case 'postgres':
    case 'postgresql': {
      const store = await PostgresEventStore.open({ url, clock, ...(poolMax === undefined ? {} : { poolMax }) });
      const postgres: PostgresLog = {
        eventsBetween: (reached, target) => eventsBetween(fromCheckpoint(reached), fromCheckpoint(target)),
        chainHeads: () => store.chainHeads(),
        checkLog: (options) => checkLog({ ...options, url }),
        checkChain: (options) => checkChain({ ...options, url }),
      };
      return { store, postgres };
    }
    case 'esdb':
    case 'esdb+discover':
    case 'kurrentdb':
    case 'kurrentdb+discover':
      return { store: await EventStoreDbEventStore.open({ url, clock }) };
    default:
      throw new Error(`an event store is opened by a postgres:, esdb: or kurrentdb: URL, not by ${JSON.stringify(scheme)}:`);
  }
}
