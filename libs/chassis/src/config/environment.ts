import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);

/** Port of the public surface; 0 takes a free one. */
const DEFAULT_PORT = 3000;

/** Connections of one pool: two cores of PostgreSQL keep busy with fewer, ten leave room for slow statements. */
const DEFAULT_POOL_MAX = 10;

/** `1` or nothing: a switch that opens doors must not be opened by the text `false`. */
const onlyOne = z.literal('1', 'only "1" is understood; leave it out to switch it off').optional().transform((value) => value === '1');

/**
 * Every environment variable that services share, declared once; a service takes what it needs:
 * `loadConfig(environment.pick({ DATABASE_URL: true, TREBOL_PORT: true }))` and extends it with its own.
 */
export const environment = z.object({
  /** `postgres://…` of the database that holds the services' schemas. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** `esdb://…` for EventStoreDB/KurrentDB, `postgres://…` for the PostgreSQL event store; absent: DATABASE_URL. */
  EVENT_STORE_URL: z.url().optional(),
  /** `kafka://…`, or `postgres://…` for the PostgreSQL bus; absent: DATABASE_URL. */
  BUS_URL: z.url().optional(),
  /** Address to listen on. Loopback unless a deployment says otherwise. */
  TREBOL_HOST: z.string().default('127.0.0.1'),
  TREBOL_PORT: port.default(DEFAULT_PORT),
  /** `1`: callers on this machine need no key. For trying things out; never behind a proxy. */
  TREBOL_OPEN: onlyOne,
  /** Key of the identifier tokens: 32 bytes or more in base64. Changing it loses every link between card and member. */
  TREBOL_IDENTIFIER_KEY: z.base64().min(43).transform((text) => Buffer.from(text, 'base64')),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  TREBOL_POOL_MAX: z.coerce.number().int().min(1).max(200).default(DEFAULT_POOL_MAX),
  /** Time between /readyz turning 503 and the port closing, milliseconds; some 5,000 behind a load balancer. */
  TREBOL_SHUTDOWN_NOTICE_MS: z.coerce.number().int().min(0).max(20_000).default(0),
});
