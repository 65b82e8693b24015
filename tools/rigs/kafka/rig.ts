// A real Kafka broker for tests and benchmarks where there is no Docker: Java from this machine, jars from Maven Central, one process,
// loopback only.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { loginSettings, makeCertificate, urlOf, type Login, type Place } from './login.ts';
import { answers, freePort } from './ports.ts';
import { RigUnavailable } from './unavailable.ts';

export { RigUnavailable } from './unavailable.ts';

const run = promisify(execFile);
const HERE = import.meta.dirname;
const CACHE = join(HERE, '..', '..', '..', '.cache', 'kafka');
/** The version of Kafka that this product is tested with, wherever the broker comes from: the pom is the one place that says it. */
export const KAFKA_VERSION = /<kafka\.version>([^<]+)</.exec(readFileSync(join(HERE, 'pom.xml'), 'utf8'))?.[1] ?? 'unknown';
const JAVA_VERSION_MIN = 17;
/** A first download is some 45 MB; what came is kept by Maven, so the next attempt goes on from there. */
const MAVEN_MS_MAX = 300_000;
const START_MS_MAX = 60_000;
/** A broker that has not stopped by then is killed. */
const STOP_MS_MAX = 20_000;
/** 16 bytes in base64url; any will do. */
const CLUSTER_ID = 'VHLDqWJvbC1yaWcta2Fma2E';
/** Lines of the broker's log shown when it fails. */
const LOG_LINES_SHOWN = 25;

export interface KafkaOptions {
  /** Where logs and data live; by default a temporary folder that goes when the broker stops. */
  readonly folder?: string;
  /** Free ones are found by default. */
  readonly port?: number;
  /** For benchmarks: the optimising compiler and twice the heap. Tests start faster without. */
  readonly throughput?: boolean;
  /** Clients come by TLS alone, show the certificate of `KafkaRig.url`, and log in by SCRAM (SHA-512) or PLAIN. Needs openssl. */
  readonly login?: Login;
  /** Further lines of server.properties. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

export interface KafkaRig {
  /** `127.0.0.1:<port>` */
  readonly brokers: string;
  /** Connection string of the bus, with login and files where it is secured. */
  readonly url: string;
  readonly pid: number;
  /** The broker's own log. */
  readonly log: string;
  /** Ends it in order, and removes the folder unless the caller gave it. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would; data and port are kept for `restart`. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port; one that runs is stopped in order before. */
  restart(): Promise<void>;
}

/** Starts a broker in KRaft combined mode and waits until it answers. Throws `RigUnavailable` where Java or Maven Central is missing. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaRig> {
  await needJava();
  const libraries = await jars();
  const folder = options.folder ?? await mkdtemp(join(tmpdir(), 'trebol-kafka-'));
  await mkdir(folder, { recursive: true });
  const [port, controller, inner] = [options.port ?? await freePort(), await freePort(), await freePort()];
  const broker = new Broker({ libraries, folder, port, controller, inner, options });
  await broker.format();
  await broker.start();
  return broker;
}

/**
 * Why no broker can be started here, or undefined. It goes by what is there: the jars are fetched now when they are not. A test run asks
 * once for all its suites and hands the answer on in TREBOL_NO_KAFKA.
 */
export async function whyNoKafka(): Promise<string | undefined> {
  const known = process.env['TREBOL_NO_KAFKA'];
  if (known) return known;
  try {
    await needJava();
    await jars();
    return undefined;
  } catch (error) {
    if (error instanceof RigUnavailable) return error.message;
    throw error;
  }
}

interface Setup extends Place {
  readonly libraries: string;
  readonly options: KafkaOptions;
}

class Broker implements KafkaRig {
  readonly brokers: string;
  readonly url: string;
  readonly log: string;
  readonly #setup: Setup;
  #child: ChildProcess | undefined;
  readonly #atExit = (): void => { this.#child?.kill('SIGKILL'); };

  constructor(setup: Setup) {
    this.#setup = setup;
    this.brokers = `127.0.0.1:${setup.port}`;
    this.url = urlOf(setup, setup.options.login);
    this.log = join(setup.folder, 'broker.log');
    process.once('exit', this.#atExit);
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  async format(): Promise<void> {
    const { folder, options: { login } } = this.#setup;
    await writeFile(this.#properties, settingsOf(this.#setup));
    if (existsSync(join(folder, 'data', 'meta.properties'))) return;
    if (login) await makeCertificate(folder);
    const user = login ? ['--add-scram', `SCRAM-SHA-512=[name=${login.user},password=${login.password}]`] : [];
    await run('java', [...this.#java('-Xmx128m'), 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', this.#properties, ...user]);
  }

  async start(): Promise<void> {
    const { options, port } = this.#setup;
    const heap = options.throughput ? ['-Xmx1g', '-XX:+UseG1GC'] : ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
    const output = openSync(this.log, 'a');
    const before = readFileSync(this.log, 'utf8').length;
    const child = spawn('java', [...this.#java(...heap), 'kafka.Kafka', this.#properties], { stdio: ['ignore', output, output] });
    this.#child = child;
    const deadline = performance.now() + START_MS_MAX;
    const started = (): boolean => readFileSync(this.log, 'utf8').slice(before).includes('Kafka Server started');
    while (!(started() && await answers(port))) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadline) {
        await this.kill();
        throw new Error(`Kafka did not start; ${this.log} ends with:\n${this.#lastLines()}`);
      }
      await sleep(100);
    }
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    process.off('exit', this.#atExit);
    if (this.#setup.options.folder === undefined) await rm(this.#setup.folder, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.#end('SIGTERM');
    await this.start();
  }

  get #properties(): string {
    return join(this.#setup.folder, 'server.properties');
  }

  #java(...flags: string[]): string[] {
    const logging = `-Dlog4j2.configurationFile=${join(HERE, 'log4j2.properties')}`;
    return [...flags, '-Xshare:auto', logging, '-cp', join(this.#setup.libraries, '*')];
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((done) => { child.once('exit', () => done()); });
    child.kill(signal);
    const late = new AbortController();
    const kill = sleep(STOP_MS_MAX, undefined, { signal: late.signal, ref: false }).then(() => child.kill('SIGKILL'), () => false);
    await ended;
    late.abort();
    await kill;
  }

  #lastLines(): string {
    return readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
  }
}

/** One node that is broker and controller; internal topics with one partition; nothing waits for others. */
function settingsOf(setup: Setup): string {
  const { folder, port, controller, options } = setup;
  const settings: Record<string, string | number> = {
    'process.roles': 'broker,controller', 'node.id': 1, 'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`, 'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(folder, 'data'), 'auto.create.topics.enable': 'false', 'num.partitions': 1,
    'num.network.threads': 2, 'num.io.threads': 4, 'num.recovery.threads.per.data.dir': 1, 'background.threads': 2,
    'offsets.topic.num.partitions': 1, 'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 1, 'transaction.state.log.replication.factor': 1, 'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1, 'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0, 'log.cleaner.dedupe.buffer.size': 4_194_304, 'log.index.size.max.bytes': 1_048_576,
    'controlled.shutdown.enable': 'true', 'log.segment.delete.delay.ms': 1_000,
    ...(options.login ? loginSettings(setup, options.login) : {}), ...options.settings,
  };
  return Object.entries(settings).map(([name, value]) => `${name}=${value}\n`).join('');
}

async function needJava(): Promise<void> {
  const { stderr } = await run('java', ['-version']).catch(() => ({ stderr: '' }));
  const found = /version "(\d+)/.exec(stderr)?.[1];
  if (found === undefined) throw new RigUnavailable(`Kafka needs Java ${JAVA_VERSION_MIN} or newer, and there is no java on PATH`);
  if (Number(found) < JAVA_VERSION_MIN) throw new RigUnavailable(`Kafka needs Java ${JAVA_VERSION_MIN} or newer; java on PATH is ${found}`);
}

async function needMaven(): Promise<void> {
  await run('mvn', ['-version']).catch(() => {
    throw new RigUnavailable("Kafka's jars are not in .cache/kafka yet, and there is no mvn on PATH to get them");
  });
}

function cachedJars(): string {
  return join(CACHE, KAFKA_VERSION);
}

/** The broker's jars, copied by Maven on first use. Complete or not there: they are moved into place as a whole. */
async function jars(): Promise<string> {
  const target = cachedJars();
  if (existsSync(target)) return target;
  await needMaven();
  await mkdir(CACHE, { recursive: true });
  await writeFile(join(CACHE, '.gitignore'), '*\n');
  const copying = `${target}.${process.pid}`;
  const goal = ['-B', '-q', '-f', join(HERE, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${copying}`];
  try {
    await run('mvn', goal, { timeout: MAVEN_MS_MAX, maxBuffer: 16 << 20 });
  } catch (error) {
    await rm(copying, { recursive: true, force: true });
    const output = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
    const said = output.split('\n').find((line) => line.includes('ERROR'));
    const late = `no end within ${MAVEN_MS_MAX / 1000} s; start again, what came is kept`;
    throw new RigUnavailable(`Maven could not get Kafka's jars: ${said ?? late}`);
  }
  // Somebody else may have been faster.
  await rename(copying, target).catch(() => rm(copying, { recursive: true, force: true }));
  return target;
}
