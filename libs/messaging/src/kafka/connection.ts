import { readFileSync } from 'node:fs';
import kafkajs, { type Kafka as KafkaClient, type KafkaConfig, type SASLOptions } from 'kafkajs';
import { installCodecs } from './codecs.ts';

const { Kafka, logLevel } = kafkajs;

/** Time to reach a broker; one that needs longer is as good as away. */
const CONNECT_MS_MAX = 5_000;
/** Time for one answer; a fetch waits a quarter of a second at most. */
const REQUEST_MS_MAX = 10_000;

/** Attempts of kafkajs's own before it gives up and the bus decides: some 5 s. */
export const KAFKA_RETRY = { retries: 6, initialRetryTime: 100, maxRetryTime: 1_500, factor: 0.2, multiplier: 2 } as const;

installCodecs();

/** What a connection string says. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly tls: boolean;
  /** PEM files: whom to trust instead of the well-known authorities, and the certificate and key to show. Read for each new client. */
  readonly files?: { readonly ca?: string; readonly cert?: string; readonly key?: string } | undefined;
  readonly sasl?: SASLOptions | undefined;
  /** Copies of topics made here; by default as many as there are brokers, three at most. */
  readonly replication?: number | undefined;
}

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
type Mechanism = (typeof MECHANISMS)[number];
const PORT_DEFAULT = 9_092;
const FILE_PARAMETERS = ['ca', 'cert', 'key'] as const;
const KNOWN_PARAMETERS = ['tls', 'sasl', 'replication', ...FILE_PARAMETERS];

const refuse = (reason: string): never => { throw new RangeError(`kafka:// connection string: ${reason}`); };

/**
 * Reads `kafka://user:password@host:9092,host2:9092?tls=true&ca=/etc/trebol/ca.pem&sasl=scram-sha-512&replication=3`. User, password and
 * files are percent-encoded.
 * Throws a RangeError that says what is wrong and never shows the password.
 */
export function parseKafkaUrl(url: string): KafkaConnection {
  const found = /^kafka:\/\/(?:([^@/?]*)@)?([^@/?]+)\/?(?:\?(.*))?$/.exec(url);
  if (!found) return refuse('want kafka://host:port');
  const [, credentials, hosts = '', query = ''] = found;
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) if (!KNOWN_PARAMETERS.includes(name)) refuse(`unknown parameter ${name}`);
  return {
    brokers: hosts.split(',').map(brokerOf), tls: truth(parameters.get('tls')), files: filesOf(parameters),
    sasl: saslOf(credentials, parameters.get('sasl')), replication: replicationOf(parameters.get('replication')),
  };
}

function brokerOf(text: string): string {
  const found = /^(\[[0-9a-fA-F:]+\]|[^:\s[\]]+)(?::(\d{1,5}))?$/.exec(text);
  if (!found) return refuse(`${text} is no host:port`);
  return `${found[1]}:${found[2] ?? PORT_DEFAULT}`;
}

function truth(text: string | null): boolean {
  if (text === null || text === 'false') return false;
  return text === 'true' || refuse('tls must be true or false');
}

function filesOf(parameters: URLSearchParams): KafkaConnection['files'] {
  const named = FILE_PARAMETERS.flatMap((name) => (parameters.has(name) ? [[name, parameters.get(name) ?? '']] : []));
  if (named.length === 0) return undefined;
  if (parameters.get('tls') !== 'true') refuse('ca, cert and key without tls=true');
  for (const [name, file] of named) if (file === '') refuse(`${name} names no file`);
  if (parameters.has('cert') !== parameters.has('key')) refuse('cert and key go together');
  return Object.fromEntries(named) as KafkaConnection['files'];
}

function tlsOf({ tls, files }: KafkaConnection): NonNullable<KafkaConfig['ssl']> {
  if (!tls || !files) return tls;
  return Object.fromEntries(Object.entries(files).map(([name, file]) => [name, readFileSync(file, 'utf8')]));
}

function replicationOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  const copies = Number(text);
  return Number.isInteger(copies) && copies >= 1 ? copies : refuse('replication must be a number from 1 on');
}

function saslOf(credentials: string | undefined, wanted: string | null): SASLOptions | undefined {
  if (credentials === undefined) return wanted === null ? undefined : refuse('sasl without user and password');
  const [user = '', ...rest] = credentials.split(':');
  if (user === '' || rest.length === 0) return refuse('want user:password before the @');
  const name = wanted ?? 'scram-sha-512';
  const mechanism: Mechanism = MECHANISMS.find((known) => known === name) ?? refuse(`sasl must be ${MECHANISMS.join(', ')}`);
  const login = { username: decodeURIComponent(user), password: decodeURIComponent(rest.join(':')) };
  switch (mechanism) {
    case 'plain': return { mechanism, ...login };
    case 'scram-sha-256': return { mechanism, ...login };
    case 'scram-sha-512': return { mechanism, ...login };
    default: {
      const never: never = mechanism;
      return never;
    }
  }
}

/**
 * A client of its own for each user of it: kafkajs keeps the offsets of a group in its client, and two consumers of one group would mix
 * them up. It logs nothing: what goes wrong is reported as a `Trouble`.
 */
export function newClient(connection: KafkaConnection, clientId: string): KafkaClient {
  const { brokers, sasl } = connection;
  const config: KafkaConfig = {
    brokers: [...brokers], clientId, ssl: tlsOf(connection), logLevel: logLevel.NOTHING, connectionTimeout: CONNECT_MS_MAX,
    requestTimeout: REQUEST_MS_MAX, retry: KAFKA_RETRY, ...(sasl ? { sasl } : {}),
  };
  return new Kafka(config);
}
