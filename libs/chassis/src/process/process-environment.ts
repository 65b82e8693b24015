import { z } from 'zod';
import { environment } from '../config/environment.ts';

/** Shortest key of the identifier tokens, in bytes: what HMAC-SHA256 has to offer. */
const IDENTIFIER_KEY_BYTES_MIN = 32;

/** Widest a test clock may stand from the real one, in milliseconds: a hundred years. */
const TEST_CLOCK_OFFSET_MS_MAX = 100 * 366 * 86_400_000;

const HEX = /^(?:[0-9a-f]{2})+$/i;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

const bytesOf = (text: string): Buffer => Buffer.from(text, HEX.test(text) ? 'hex' : 'base64');

/**
 * `1` or nothing, as everywhere: a switch is not thrown by the text `false`.
 */
const onlyOne = z.literal('1', 'only "1" is understood; leave it out to switch it off').optional()
  .transform((value) => value === '1');

/** Where a service keeps files of its own. */
export const dataFolderVariable = z.object({ TREBOL_DATA: z.string().default('./data') });

/**
 * The secret of the identifier tokens: 32 bytes or more, in hexadecimal, base64 or base64url. The same in
 * every service, for ever.
 */
export const identifierKeyVariable = z.object({
  TREBOL_IDENTIFIER_KEY: z.string().regex(BASE64, 'hexadecimal, base64 or base64url').transform(bytesOf)
    .refine((key) => key.length >= IDENTIFIER_KEY_BYTES_MIN, `at least ${IDENTIFIER_KEY_BYTES_MIN} bytes`),
});

/** Zone in which the programme's days begin and end. */
export const programmeVariable = z.object({ TREBOL_ZONE: z.string().default('Europe/Madrid') });

/** What every service's process reads; a service extends it with what else it needs. */
export const processEnvironment = environment.pick({
  DATABASE_URL: true, BUS_URL: true, TREBOL_HOST: true, TREBOL_PORT: true, TREBOL_OPEN: true, LOG_LEVEL: true, TREBOL_POOL_MAX: true,
  TREBOL_SHUTDOWN_NOTICE_MS: true,
}).extend({
  /**
   * Sandboxes only: milliseconds from the real time to that of this process, which is moved by `POST
   * /v1/test-clock/advance`.
   */
  TREBOL_TEST_CLOCK_OFFSET_MS: z.coerce.number().int().min(
    -TEST_CLOCK_OFFSET_MS_MAX
  ).max(TEST_CLOCK_OFFSET_MS_MAX).optional(),
  /**
   * `1`: the end of standard input means SIGTERM, so that no service outlives the process that started it.
   */
  TREBOL_STOP_WITH_STDIN: onlyOne,
});

/** The variable of services that read or write wallet streams. Absent: DATABASE_URL. */
export const eventStoreVariable = environment.pick({ EVENT_STORE_URL: true });

export type ProcessConfig = z.output<typeof processEnvironment>;
