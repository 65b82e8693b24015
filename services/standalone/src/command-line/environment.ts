import { type CrashPlan, crashVariable, environment as variables, loadConfig, type Programme, programmeOf, programmeVariables } from '@trebol/chassis';
import type { Language } from '@trebol/contracts';

/** What the command line takes from its surroundings, read once. */
export interface Environment {
  readonly language: Language;
  readonly url: string | undefined;
  readonly key: string | undefined;
  readonly dataFolder: string;
  /** Where PostgreSQL is, when not embedded. */
  readonly databaseUrl: string | undefined;
  /**
   * Where the bus and the event store are, when not in PostgreSQL: operators' commands on separate processes.
   */
  readonly busUrl: string | undefined;
  readonly eventStoreUrl: string | undefined;
  readonly terminal: boolean;
  readonly color: boolean;
  /** Requests from loopback need no key (`TREBOL_OPEN=1`). */
  readonly open: boolean;
  /** `GET /metrics` needs no key (`TREBOL_METRICS_OPEN=1`). */
  readonly metricsOpen: boolean;
  readonly logLevel: string;
  /** Keys the identifier tokens; without it the data folder keeps its own. */
  readonly identifierKey: Buffer | undefined;
  readonly programme: Programme;
  /** For crash tests only: where this process kills itself (`TREBOL_TEST_CRASH_AT=after-append:3`). */
  readonly crashAt: CrashPlan | undefined;
  /** Any other variable by name: the passwords that `trebol db roles` gives. */
  readonly variable: (name: string) => string | undefined;
}

/** Variables that services read too; what is wrong is refused by name. */
const shared = variables.pick({ TREBOL_OPEN: true, TREBOL_METRICS_OPEN: true, TREBOL_IDENTIFIER_KEY: true })
  .partial({ TREBOL_IDENTIFIER_KEY: true }).extend(programmeVariables.shape).extend(crashVariable.shape);

/** The variables of this process. */
export const ownVariables = (): NodeJS.ProcessEnv => process.env;

/** Reads the variables that the README lists; `LANG` decides the language unless `--lang` does. */
export function readEnvironment(env: NodeJS.ProcessEnv = ownVariables()): Environment {
  const set = loadConfig(shared, env);
  const text = (name: string): string | undefined => env[name] || undefined;
  return {
    language: languageOf(env),
    url: text('TREBOL_URL'),
    key: text('TREBOL_KEY'),
    dataFolder: env['TREBOL_DATA'] || './data',
    databaseUrl: text('DATABASE_URL'),
    busUrl: text('BUS_URL'),
    eventStoreUrl: text('EVENT_STORE_URL'),
    terminal: process.stderr.isTTY === true,
    color: process.stderr.isTTY === true && !env['NO_COLOR'],
    open: set.TREBOL_OPEN,
    metricsOpen: set.TREBOL_METRICS_OPEN,
    logLevel: env['LOG_LEVEL'] || 'warn',
    identifierKey: set.TREBOL_IDENTIFIER_KEY,
    programme: programmeOf(set),
    crashAt: set.TREBOL_TEST_CRASH_AT,
    variable: text,
  };
}

/** `LC_ALL`, else `LC_MESSAGES`, else `LANG`: `es…` is Spanish, everything else English. */
export function languageOf(env: NodeJS.ProcessEnv): Language {
  const locale = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((named) => named !== undefined && named !== '');
  return /^es\b|^es_/i.test(locale ?? '') ? 'es' : 'en';
}
