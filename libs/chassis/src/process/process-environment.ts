import { z } from 'zod';
import { environment, onlyOne } from '../config/environment.ts';
import { crashVariable } from '../crash/crash-variable.ts';

/** Widest a test clock may stand from the real one, in milliseconds: a hundred years. */
const TEST_CLOCK_OFFSET_MS_MAX = 100 * 366 * 86_400_000;

/** Where a service keeps files of its own. */
export const dataFolderVariable = z.object({ TREBOL_DATA: z.string().default('./data') });

/**
 * The secret of the identifier tokens: 32 bytes or more, in hexadecimal, base64 or base64url. The same in
 * every service, for ever.
 */
export const identifierKeyVariable = environment.pick({ TREBOL_IDENTIFIER_KEY: true });

/** What every service's process reads; a service extends it with what else it needs. */
export const processEnvironment = environment.pick({
  DATABASE_URL: true, BUS_URL: true, TREBOL_HOST: true, TREBOL_PORT: true, TREBOL_OPEN: true, TREBOL_METRICS_OPEN: true,
  LOG_LEVEL: true, TREBOL_POOL_MAX: true, TREBOL_SHUTDOWN_NOTICE_MS: true,
}).extend(crashVariable.shape).extend({
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
