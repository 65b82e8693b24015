import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { freePort } from '../../../../../tools/rigs/kafka/ports.ts';
import { KAFKA_VERSION, startKafka, whyNoKafka, type KafkaRig } from '../../../../../tools/rigs/kafka/rig.ts';

const run = promisify(execFile);
/** An engine that needs longer to say its name does not work. */
const DOCKER_MS_MAX = 5_000;
/** The broker of `docker-compose.yml`, in the version that the rig runs. */
const IMAGE = `apache/kafka:${KAFKA_VERSION}`;

/** Brokers for a test run. */
export interface KafkaForTests {
  /** `kafka://…` */
  readonly url: string;
  /** Present when the broker is ours to stop and start. */
  readonly rig: KafkaRig | undefined;
  stop(): Promise<void>;
}

/** A broker to test with, and why no rig can be started beside it (undefined when it can). */
export interface KafkaFound {
  readonly start: () => Promise<KafkaForTests>;
  readonly whyNoRig: string | undefined;
}

/** Brokers: those of `TREBOL_TEST_KAFKA` (`host:port,…` or `kafka://…`), else a container, else the rig; else why there are none. */
export async function findKafka(): Promise<KafkaFound | { readonly whyNot: string }> {
  const whyNoRig = await whyNoKafka();
  const named = process.env.TREBOL_TEST_KAFKA;
  if (named) return { whyNoRig, start: () => Promise.resolve({ url: urlOf(named), rig: undefined, stop: () => Promise.resolve() }) };
  if (await dockerAnswers()) return { whyNoRig, start: () => startContainer(whyNoRig) };
  return whyNoRig === undefined ? { whyNoRig, start: startRig } : { whyNot: whyNoRig };
}

const urlOf = (named: string): string => (named.startsWith('kafka://') ? named : `kafka://${named}`);

const dockerAnswers = (): Promise<boolean> =>
  run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: DOCKER_MS_MAX }).then(({ stdout }) => stdout.trim() !== '', () => false);

/** The rig in its stead where the image cannot be had. */
async function startContainer(whyNoRig: string | undefined): Promise<KafkaForTests> {
  try {
    return await inContainer();
  } catch (error) {
    if (whyNoRig !== undefined) throw error;
    process.stderr.write(`no Kafka in a container, the rig is used: ${String(error).split('\n', 1)[0]}\n`);
    return await startRig();
  }
}

/** The broker tells its clients where it is, so its port is known before it starts. */
async function inContainer(): Promise<KafkaForTests> {
  const { GenericContainer, getContainerRuntimeClient, Wait } = await import('testcontainers');
  const { host } = (await getContainerRuntimeClient()).info.containerRuntime;
  const port = await freePort();
  const container = await new GenericContainer(IMAGE).withExposedPorts({ container: port, host: port }).withEnvironment({
    KAFKA_NODE_ID: '1', KAFKA_PROCESS_ROLES: 'broker,controller', KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_LISTENERS: `PLAINTEXT://:${port},CONTROLLER://:9093`, KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${host}:${port}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT', KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1', KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1', KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0', KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
  }).withWaitStrategy(Wait.forLogMessage('Kafka Server started')).start();
  return { url: `kafka://${host}:${port}`, rig: undefined, stop: async () => { await container.stop(); } };
}

async function startRig(): Promise<KafkaForTests> {
  const rig = await startKafka();
  return { url: rig.url, rig, stop: () => rig.stop() };
}
