import { join } from 'node:path';
import { serve, serveDistributed } from './platform-process.ts';

/** A way the platform runs in, for suites that every way has to pass. */
export interface Shape { readonly name: string; readonly serve: typeof serve }

interface KafkaRig { whyNoKafka(): Promise<string | undefined> }
interface EventStoreRig { startEventStoreRig(): Promise<{ readonly url: string; stop(): Promise<void> }> }

const rigs = join(import.meta.dirname, '..', '..', '..', '..', 'tools', 'rigs');
// The rigs are tools, not part of this project: they are loaded by path.
const kafkaRig = join(rigs, 'kafka', 'rig.ts');
const eventStoreRig = join(rigs, 'event-store', 'start.ts');

const over = (bus: 'postgres' | 'kafka'): typeof serve => (folder, more = [], ...rest) =>
  serveDistributed(folder, ['--bus', bus, ...more], ...rest);

/** A real EventStoreDB where one is named; else the rig, which speaks its protocol and ends with the platform. */
const inEventStoreDb: typeof serve = async (folder, more = [], key, env = {}) => {
  const named = process.env['TREBOL_TEST_EVENT_STORE_URL'];
  const rig = named === undefined ? await ((await import(eventStoreRig)) as EventStoreRig).startEventStoreRig() : undefined;
  const served = await over('postgres')(folder, more, key, { EVENT_STORE_URL: named ?? rig?.url, ...env });
  void served.process.ended.then(() => rig?.stop());
  return served;
};

/** The rig needs Java and, once, Maven Central. Where it cannot run that is said, and suites have one shape less. */
const withoutKafka = await ((await import(kafkaRig)) as KafkaRig).whyNoKafka();
if (withoutKafka !== undefined) {
  process.stderr.write(`Kafka cannot be started here (${withoutKafka}): its shape of the stack tests does not run.\n`);
}

/** Buses that separate processes can have on this machine. */
export const buses: readonly ('postgres' | 'kafka')[] = withoutKafka === undefined ? ['postgres', 'kafka'] : ['postgres'];

export const shapes: readonly Shape[] = [
  { name: 'in one process', serve },
  { name: 'in a process for each service over PostgreSQL', serve: over('postgres') },
  { name: 'in a process for each service with its wallets in EventStoreDB', serve: inEventStoreDb },
  ...(buses.includes('kafka') ? [{ name: 'in a process for each service over Kafka', serve: over('kafka') }] : []),
];
