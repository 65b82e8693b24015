import type { Clock } from '@trebol/contracts';

import { EventStoreDbEventStore } from './eventstoredb/eventstoredb-event-store.ts';
import type { EventStore } from './port.ts';
import { PostgresEventStore } from './postgres/postgres-event-store.ts';

export interface OpenEventStoreOptions {
  /** Its scheme chooses: `postgres:`, `postgresql:`; `esdb:`, `kurrentdb:`, each also with `+discover`. */
  readonly url: string;
  readonly clock: Clock;
  /** Connections for reads and tills, PostgreSQL only. */
  readonly poolMax?: number;
}

/** Opens the store that the URL names. Throws for another scheme, or when it cannot be reached. The caller closes it. */
export async function openEventStore({ url, clock, poolMax }: OpenEventStoreOptions): Promise<EventStore> {
  const [scheme = ''] = url.trim().split(':', 1);
  switch (scheme) {
    case 'postgres':
    case 'postgresql':
      return PostgresEventStore.open({ url, clock, ...(poolMax === undefined ? {} : { poolMax }) });
    case 'esdb':
    case 'esdb+discover':
    case 'kurrentdb':
    case 'kurrentdb+discover':
      return EventStoreDbEventStore.open({ url, clock });
    default:
      throw new Error(`an event store is opened by a postgres:, esdb: or kurrentdb: URL, not by ${JSON.stringify(scheme)}:`);
  }
}
