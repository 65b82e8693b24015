import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startKafka, whyNoKafka, type KafkaRig } from '../../../../../tools/rigs/kafka/rig.ts';

const run = promisify(execFile);
/** An engine that needs longer to say its name does not work. */
const DOCKER_MS_MAX = 5_000;
const IMAGE = 'confluentinc/cp-kafka:8.0.0';

/** Brokers for a test run. */
export interface KafkaForTests {
  /** `host:port,host:port` */
  readonly brokers: string;
  /** Present when the broker is ours to stop and start. */
  readonly rig: KafkaRig | undefined;
  stop(): Promise<void>;
}

export type KafkaFound = { readonly start: () => Promise<KafkaForTests>; readonly isOurs: boolean } | { readonly whyNot: string };

/** Brokers: those of `TREBOL_TEST_KAFKA`, else a container, else the rig; else why there are none. */
export async function findKafka(): Promise<KafkaFound> {
  const brokers = process.env.TREBOL_TEST_KAFKA;
  if (brokers) return { isOurs: false, start: () => Promise.resolve({ brokers, rig: undefined, stop: () => Promise.resolve() }) };
  if (await dockerAnswers()) return { isOurs: false, start: startContainer };
  const whyNot = await whyNoKafka();
  return whyNot === undefined ? { isOurs: true, start: startRig } : { whyNot };
}

const dockerAnswers = (): Promise<boolean> =>
  run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: DOCKER_MS_MAX }).then(({ stdout }) => stdout.trim() !== '', () => false);

async function startContainer(): Promise<KafkaForTests> {
  const { KafkaContainer } = await import('@testcontainers/kafka');
  const container = await new KafkaContainer(IMAGE).withKraft().start();
  return { brokers: `${container.getHost()}:${container.getMappedPort(9093)}`, rig: undefined, stop: async () => { await container.stop(); } };
}

async function startRig(): Promise<KafkaForTests> {
  const rig = await startKafka();
  return { brokers: rig.brokers, rig, stop: () => rig.stop() };
}
