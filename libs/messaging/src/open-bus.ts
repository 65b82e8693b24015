import type { Clock } from '@trebol/contracts';
import type { BusTopic } from './bus-topic.ts';
import type { DeadLetters } from './dead-letters.ts';
import { KafkaBus } from './kafka/kafka-bus.ts';
import type { MessageBus } from './port.ts';
import { PostgresBus } from './postgres/postgres-bus.ts';
import type { Trouble } from './runner/retry.ts';

/** A bus as composition uses it, whichever it is. */
export type OpenedBus = MessageBus & {
  readonly deadLetters: DeadLetters;
  /** Work beside publishing and consuming, between `start()` and `stop()`; one process of an installation is enough. */
  readonly maintenance: { start(): void; stop(): Promise<void> };
  /** What keeps failing now; empty when all is well. For health checks. */
  troubles(): readonly Trouble[];
};

export interface OpenBusOptions {
  /** `postgres://…` or `kafka://user:password@host:9092,host2:9092?tls=true&ca=ca.pem&sasl=scram-sha-512&replication=3`. */
  readonly url: string;
  readonly clock: Clock;
  readonly topics: readonly BusTopic[];
  /** Name of this process towards the server, for instance `earning`. */
  readonly clientId: string;
  readonly random?: (() => number) | undefined;
  /** Partitions that one subscription handles at the same time. */
  readonly concurrentPartitions?: number | undefined;
  /** Connections to PostgreSQL at most; Kafka has no such limit. */
  readonly poolMax?: number | undefined;
  readonly onTrouble?: ((trouble: Trouble) => void) | undefined;
}

/** Opens the bus that the connection string names. Throws a RangeError on a scheme that is none of ours, without showing the string. */
export async function openBus({ poolMax, clientId, ...options }: OpenBusOptions): Promise<OpenedBus> {
  const scheme = /^([a-z]+):\/\//.exec(options.url)?.[1] ?? 'none';
  switch (scheme) {
    case 'postgres':
    case 'postgresql':
      return await PostgresBus.open({ ...options, poolMax });
    case 'kafka':
      return await KafkaBus.open({ ...options, clientId });
    default:
      throw new RangeError('the bus wants a connection string that begins with postgres:// or kafka://');
  }
}
