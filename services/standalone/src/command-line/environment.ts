import type { Language } from '@trebol/contracts';

/** What the command line takes from its surroundings, read once. */
export interface Environment {
  readonly language: Language;
  readonly url: string | undefined;
  readonly key: string | undefined;
  readonly dataFolder: string;
  /** Where PostgreSQL is, when not embedded. */
  readonly databaseUrl: string | undefined;
  readonly terminal: boolean;
  readonly color: boolean;
  /** Requests from loopback need no key (`TREBOL_OPEN=1`). */
  readonly open: boolean;
  readonly logLevel: string;
  /** Base64url of 32 bytes that key the identifier tokens; without it the data folder keeps its own. */
  readonly identifierKey: string | undefined;
  /** For crash tests only: where this process kills itself (`TREBOL_TEST_CRASH_AT=after-append:3`). */
  readonly crashAt: string | undefined;
}

/** Reads the variables that the README lists; `LANG` decides the language unless `--lang` does. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  return {
    language: languageOf([env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((set) => set !== undefined && set !== '') ?? ''),
    url: env['TREBOL_URL'] || undefined,
    key: env['TREBOL_KEY'] || undefined,
    dataFolder: env['TREBOL_DATA'] || './data',
    databaseUrl: env['DATABASE_URL'] || undefined,
    terminal: process.stderr.isTTY === true,
    color: process.stderr.isTTY === true && !env['NO_COLOR'],
    open: env['TREBOL_OPEN'] === '1',
    logLevel: env['LOG_LEVEL'] || 'warn',
    identifierKey: env['TREBOL_IDENTIFIER_KEY'] || undefined,
    crashAt: env['TREBOL_TEST_CRASH_AT'],
  };
}

/** `es…` is Spanish, everything else English. */
export const languageOf = (locale: string): Language => (/^es\b|^es_/i.test(locale) ? 'es' : 'en');
