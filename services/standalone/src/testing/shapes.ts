import { join } from 'node:path';
import { notRun } from '@trebol/testing';
import { startRig } from './event-stores.ts';
import { serve, serveDistributed } from './platform-process.ts';

/** A way the platform runs in, for suites that every way has to pass. */
export interface Shape { readonly name: string; readonly serve: typeof serve }

interface KafkaRig { whyNoKafka(): Promise<string | undefined> }

const rigs = join(import.meta.dirname, '..', '..', '..', '..', 'tools', 'rigs');
// The rig is a tool, not part of this project: it is loaded by path.
const kafkaRig = join(rigs, 'kafka', 'rig.ts');

const over = (bus: 'postgres' | 'kafka'): typeof serve => (folder, more = [], ...rest) =>
  serveDistributed(folder, ['--bus', bus, ...more], ...rest);

/** A real EventStoreDB where one is named; else the rig, which speaks its protocol and ends with the platform. */
export const inEventStoreDb = (bus: 'postgres' | 'kafka'): typeof serve => async (folder, more = [], key, env = {}) => {
  const named = process.env['TREBOL_TEST_EVENT_STORE_URL'];
  const rig = named === undefined ? await startRig() : undefined;
  const served = await over(bus)(folder, more, key, { EVENT_STORE_URL: named ?? rig?.url, ...env });
  void served.process.ended.then(() => rig?.stop());
  return served;
};

/** The rig needs Java and, once, Maven Central. Where it cannot run that is said, and suites have one shape less. */
const withoutKafka = await ((await import(kafkaRig)) as KafkaRig).whyNoKafka();
if (withoutKafka !== undefined) notRun(`the platform over Kafka: ${withoutKafka}`);

/** Buses that separate processes can have on this machine. */
export const buses: readonly ('postgres' | 'kafka')[] = withoutKafka === undefined ? ['postgres', 'kafka'] : ['postgres'];

export const shapes: readonly Shape[] = [
  { name: 'in one process', serve },
  { name: 'in a process for each service over PostgreSQL', serve: over('postgres') },
  { name: 'in a process for each service with its wallets in EventStoreDB', serve: inEventStoreDb('postgres') },
  // What runs in production.
  ...(buses.includes('kafka') ? [{ name: 'in a process for each service over Kafka with its wallets in EventStoreDB', serve: inEventStoreDb('kafka') }] : []),
];
