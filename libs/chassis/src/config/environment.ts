import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);

/** Port of the public surface; 0 takes a free one. */
const DEFAULT_PORT = 3000;

/** Connections of one pool: two cores of PostgreSQL keep busy with fewer, ten leave room for slow statements. */
const DEFAULT_POOL_MAX = 10;

/** Shortest key of the identifier tokens: what HMAC-SHA-256 has to offer. */
const IDENTIFIER_KEY_BYTES_MIN = 32;

const HEXADECIMAL = /^(?:[0-9a-f]{2})+$/i;

/** In the spellings that people and tools make keys in: what is made for one way of running is good for the other. */
const identifierKey = z.string().regex(/^[A-Za-z0-9+/_-]+={0,2}$/, 'hexadecimal, base64 or base64url')
  .transform((text) => Buffer.from(text, HEXADECIMAL.test(text) ? 'hex' : 'base64'))
  .refine((key) => key.length >= IDENTIFIER_KEY_BYTES_MIN, `${IDENTIFIER_KEY_BYTES_MIN} bytes or more in hexadecimal, base64 or base64url`);

/** An address of one of these schemes. The rest is its adapter's to read: brokers and nodes come in lists, which no URL parser takes. */
function address(...schemes: readonly string[]) {
  const begins = schemes.map((scheme) => `${scheme}://`);
  const fits = (text: string): boolean => begins.some((begin) => text.startsWith(begin) && text.length > begin.length);
  return z.string().refine(fits, `an address that begins with ${begins.join(', ')}`);
}

/** `1` or nothing: a switch that opens doors must not be opened by the text `false`. */
export const onlyOne = z.literal('1', 'only "1" is understood; leave it out to switch it off').optional().transform((value) => value === '1');

/**
 * Every environment variable that services share, declared once; a service takes what it needs:
 * `loadConfig(environment.pick({ DATABASE_URL: true, TREBOL_PORT: true }))` and extends it with its own.
 */
export const environment = z.object({
  /** `postgres://…` of the database that holds the services' schemas. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** `esdb://…` for EventStoreDB/KurrentDB, `postgres://…` for the PostgreSQL event store; absent: DATABASE_URL. */
  EVENT_STORE_URL: address('postgres', 'postgresql', 'esdb', 'esdb+discover', 'kurrentdb', 'kurrentdb+discover').optional(),
  /** `kafka://…`, or `postgres://…` for the PostgreSQL bus; absent: DATABASE_URL. */
  BUS_URL: address('postgres', 'postgresql', 'kafka').optional(),
  /** Address to listen on. Loopback unless a deployment says otherwise. */
  TREBOL_HOST: z.string().default('127.0.0.1'),
  TREBOL_PORT: port.default(DEFAULT_PORT),
  /** `1`: callers on this machine need no key. For trying things out; never behind a proxy. */
  TREBOL_OPEN: onlyOne,
  /** `1`: `GET /metrics` asks for no key. Only where nobody but the scraper reaches the port, or the ingress hides the path. */
  TREBOL_METRICS_OPEN: onlyOne,
  /** Key of the identifier tokens, the same in all services. Changing it loses every link between card and member. */
  TREBOL_IDENTIFIER_KEY: identifierKey,
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  TREBOL_POOL_MAX: z.coerce.number().int().min(1).max(200).default(DEFAULT_POOL_MAX),
  /** Time between /readyz turning 503 and the port closing, milliseconds; some 5,000 behind a load balancer. */
  TREBOL_SHUTDOWN_NOTICE_MS: z.coerce.number().int().min(0).max(20_000).default(0),
});
