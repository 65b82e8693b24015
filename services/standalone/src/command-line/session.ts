import type { Clock } from '@trebol/contracts';
import type { Command } from 'commander';
import { openPlatform } from '../platform/open-platform.ts';
import type { Platform, PlatformOptions } from '../platform/platform.ts';
import { listenForSignals } from '../platform/until-signal.ts';
import { openOperations, type Operations } from '../operations/open-operations.ts';
import { TrebolClient } from './client.ts';
import type { Environment } from './environment.ts';
import { Reporter } from './reporter.ts';
import { text, type Text } from './texts.ts';

/** The command was used wrongly: exit 2, and what to do instead. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
  constructor(readonly text: Text) {
    super(text.en);
  }
}

/**
 * The answer is no (a difference found, rows rejected under `--strict`): exit 1, after what was found has
 * been printed.
 */
export class AnswerIsNo extends Error {
  override readonly name = 'AnswerIsNo';
}

/** SIGTERM or SIGINT while a command was at work: what was opened has been closed in order. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** Options every command takes. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly lang?: string;
  readonly url?: string;
  readonly key?: string;
  readonly data?: string;
}

/** How a platform is opened for a command; `endsBySignal`: a signal is how its work is meant to end. */
export type Opening = Partial<PlatformOptions> & { readonly endsBySignal?: boolean };

/** What a command works with: where its words go and how it reaches a platform. */
export interface Session {
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly environment: Environment;
  readonly options: GlobalOptions;
  /**
   * Over HTTP: the platform that `--url` names, else one opened on the data folder for as long as `work`
   * takes.
   */
  overHttp<T>(work: (client: TrebolClient) => Promise<T>, more?: Opening): Promise<T>;
  /**
   * On the databases themselves, beside a platform that may be running: `DATABASE_URL`, else the data
   * folder's.
   */
  operate<T>(work: (operations: Operations) => Promise<T>): Promise<T>;
  /** In this process, the whole platform. */
  inProcess<T>(
    work: (platform: Platform, client: TrebolClient, asked: Promise<void>) => Promise<T>, more?: Opening
  ): Promise<T>;
}

/** Gives a command its session once the global options are known. */
export type SessionOf = (command: Command) => Session;

/** The session of one command line, in the language of its environment. */
export function openSession(environment: Environment, options: GlobalOptions, clock: Clock): Session {
  const { language } = environment;
  const reporter = new Reporter(
    { json: options.json === true, language, terminal: environment.terminal }, clock
  );
  const url = (options.url ?? environment.url)?.replace(/\/$/, '');

  const opened: Session['inProcess'] = async (work, { endsBySignal = false, ...more } = {}) => {
    const signals = listenForSignals();
    const platform = await openPlatform(platformOptions(environment, options, more));
    try {
      const client = new TrebolClient(platform.url, await platform.sessionKey(), language);
      const working = work(platform, client, signals.asked);
      return await Promise.race([
        working, signals.asked.then(() => (endsBySignal ? working : Promise.reject(new Interrupted()))),
      ]);
    } finally {
      await platform.stop();
    }
  };
  const refuseUrl = (): void => {
    if (url === undefined) return;
    throw new WrongUse(text(
      'esta orden lee los almacenes directamente: --data o DATABASE_URL, no --url',
      'this command reads the stores directly: --data or DATABASE_URL, not --url',
    ));
  };
  const inProcess: Session['inProcess'] = async (work, more) => {
    refuseUrl();
    return opened(work, more);
  };
  const operate: Session['operate'] = async (work) => {
    refuseUrl();
    const signals = listenForSignals();
    const operations = await openOperations({
      ...environment, dataFolder: options.data ?? environment.dataFolder,
    });
    try {
      return await Promise.race([
        work(operations), signals.asked.then(() => Promise.reject(new Interrupted())),
      ]);
    } finally {
      await operations.close();
    }
  };
  const overHttp: Session['overHttp'] = async (work, more) => {
    if (url === undefined) return opened((_platform, client) => work(client), more);
    if (!isHttp(url)) throw new WrongUse(text(`--url ${url}: ${HTTP_ADDRESS.es}`, `--url ${url}: ${HTTP_ADDRESS.en}`));
    const key = options.key ?? environment.key;
    if (key === undefined && !environment.open) {
      throw new WrongUse(text('con --url hace falta --key o TREBOL_KEY', '--url needs --key or TREBOL_KEY'));
    }
    return work(new TrebolClient(url, key, language));
  };
  return { reporter, clock, environment, options, overHttp, operate, inProcess };
}

const HTTP_ADDRESS = text('tiene que ser como http://127.0.0.1:3000', 'must be like http://127.0.0.1:3000');
const isHttp = (url: string): boolean => /^https?:\/\//.test(url) && URL.canParse(url);

/** Standalone options from surroundings and flags; port 0 and loopback unless a command says otherwise. */
export function platformOptions(
  environment: Environment, options: GlobalOptions, more: Partial<PlatformOptions>
): PlatformOptions {
  return {
    dataFolder: options.data ?? environment.dataFolder,
    databaseUrl: environment.databaseUrl,
    busUrl: environment.busUrl,
    eventStoreUrl: environment.eventStoreUrl,
    host: '127.0.0.1',
    port: 0,
    open: environment.open,
    metricsOpen: environment.metricsOpen,
    logLevel: environment.logLevel,
    identifierKey: environment.identifierKey,
    programme: environment.programme,
    create: false,
    sandboxFrom: undefined,
    crashAt: environment.crashAt,
    ...more,
  };
}
