import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import type { Clock, Ids } from '@trebol/contracts';
import type { DataSource } from 'typeorm';
import type { z } from 'zod';
import { ApiKeys } from '../auth/api-keys.ts';
import { keysModule } from '../auth/keys.controller.ts';
import { type SandboxClock, sandboxClock } from '../clock/sandbox-clock.ts';
import { systemClock } from '../clock/system-clock.ts';
import { systemIds } from '../clock/system-ids.ts';
import { ConfigError, loadConfig } from '../config/load-config.ts';
import { type Crashing, plannedCrash } from '../crash/crash-points.ts';
import { Background } from '../lifecycle/background.ts';
import { Health } from '../lifecycle/health.ts';
import { PlatformMetrics } from '../metrics/platform-metrics.ts';
import { poolFigures } from '../metrics/process-figures.ts';
import { runUntilSignal } from '../lifecycle/run-until-signal.ts';
import { sendTelemetry } from '../otel/send-telemetry.ts';
import { HeardSignals } from './heard-signals.ts';
import { checkIdentifierKey } from './identifier-fingerprint.ts';
import { openApplication } from './open-application.ts';
import { checkProgramme } from '../programme/noted-programme.ts';
import { programmeOf, type programmeVariables } from '../programme/programme.ts';
import type { ProcessConfig } from './process-environment.ts';
import { testClockModule, type TestClockParts } from './test-clock.controller.ts';

const VERSION = '0.1.0';
const EXIT = { wrongUse: 2, broke: 3 } as const;

/** What a service opens its own parts from. */
export interface Opening<Config> {
  readonly config: Config;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly health: Health;
  /** Figures of this process: the bus and the event store are put behind `observedBus` and `observedStore` with them. */
  readonly metrics: PlatformMetrics;
  /** Crash tests: the event store, the bus and the ledger are put through it. */
  readonly crashing: Crashing;
  /** For what runs beside requests and is no module's own. */
  readonly background: Background;
  /** Notes how a part is closed; parts are closed in the reverse order, after the application. */
  opened<Part>(part: Part, close: (part: Part) => Promise<unknown>): Part;
}

/** The service, ready to be served. */
export interface ServedParts {
  readonly module: DynamicModule;
  /** The service's own; its role may read schema `access`. */
  readonly dataSource: DataSource;
  /** Schema `access` with the right to write, for the one service that serves `/v1/keys`. */
  readonly access?: DataSource | undefined;
  /** Absent for a service without consumers. */
  readonly transport?: { lag(): Promise<number> } | undefined;
  readonly streamedTypes?: readonly string[] | undefined;
  /**
   * Sandboxes: does at once what the service would do by itself sooner or later; answers how much that was.
   */
  readonly drive?: (app: INestApplicationContext) => Promise<number>;
}

interface Served {
  readonly open: Awaited<ReturnType<typeof openApplication>>;
  readonly close: () => Promise<void>;
}

/**
 * Runs one service as a process of its own until SIGTERM or SIGINT: reads the environment, opens its stores,
 * serves, and closes everything in order. It prints one line when it answers,
 * `{"event":"ready","service":…,"url":…}`. Exit codes: 0 stopped in order, 1 stopped late or a second signal,
 * 2 wrong environment, 3 it could not start.
 */
export async function serveProcess<Schema extends z.ZodType<ProcessConfig>>(
  service: string, schema: Schema, open: (opening: Opening<z.output<Schema>>) => Promise<ServedParts>,
): Promise<void> {
  const signals = new HeardSignals();
  try {
    const config = loadConfig(schema);
    if (config.TREBOL_STOP_WITH_STDIN) stopWithStandardInput();
    const sandbox = config.TREBOL_TEST_CLOCK_OFFSET_MS === undefined ? undefined
      : sandboxClock(systemClock.now() + config.TREBOL_TEST_CLOCK_OFFSET_MS);
    const health = new Health(systemClock);
    const background = new Background();
    const served = await serve(service, { config, sandbox, health, background, open });
    process.stdout.write(`${JSON.stringify({ event: 'ready', service, url: served.open.url })}\n`);
    await runUntilSignal(served.open.app, {
      health, background, closers: [served.close], noticeMilliseconds: config.TREBOL_SHUTDOWN_NOTICE_MS,
    }, signals);
  } catch (error) {
    const wrong = error instanceof ConfigError;
    process.stderr.write(
      `${service}: ${error instanceof Error ? (wrong ? error.message : error.stack) : String(error)}\n`
    );
    signals.exit(wrong ? EXIT.wrongUse : EXIT.broke);
  }
}

interface Serving<Config> {
  readonly config: Config;
  readonly sandbox: SandboxClock | undefined;
  readonly health: Health;
  readonly background: Background;
  readonly open: (opening: Opening<Config>) => Promise<ServedParts>;
}

async function serve<Config extends ProcessConfig>(service: string, serving: Serving<Config>): Promise<Served> {
  const { config, sandbox, health, background } = serving;
  const clock = sandbox ?? systemClock;
  const ids = systemIds(clock);
  const metrics = new PlatformMetrics();
  const closers: (() => Promise<unknown>)[] = [sendTelemetry];
  const close = async (): Promise<void> => {
    for (let next = closers.pop(); next; next = closers.pop()) await next();
  };
  const opened: Opening<Config>['opened'] = (part, closing) => {
    closers.push(() => closing(part));
    return part;
  };
  try {
    const crashing = plannedCrash(config.TREBOL_TEST_CRASH_AT);
    const parts = await serving.open({ config, clock, ids, health, metrics, crashing, background, opened });
    const { dataSource } = parts;
    await checkInstallation(config, dataSource);
    health.registerReadiness('database', () => dataSource.query('SELECT 1'));
    poolFigures(metrics, service, dataSource);
    let app: INestApplicationContext | undefined;
    const settle = async (): Promise<boolean> => app !== undefined && await look(app, parts) === 0;
    // Keys live in the world's time, in a sandbox too: moving its clock must lock nobody out.
    const keys = new ApiKeys({ dataSource: parts.access ?? dataSource, clock: systemClock, ids });
    const open = await openApplication({
      service, version: VERSION, module: modulesOf(parts, keys, sandbox && { clock: sandbox, settle }),
      clock, ids, health, background, metrics, access: { keys, open: config.TREBOL_OPEN },
      metricsOpen: config.TREBOL_METRICS_OPEN, logLevel: config.LOG_LEVEL,
      strategy: parts.transport, streamedTypes: parts.streamedTypes, host: config.TREBOL_HOST, port: config.TREBOL_PORT,
    });
    ({ app } = open);
    return { open, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * A service that computes identifier tokens must have the key that its database was filled with; one that reads or writes wallets must
 * have the programme of all others.
 */
async function checkInstallation(config: object, dataSource: DataSource): Promise<void> {
  if ('TREBOL_IDENTIFIER_KEY' in config) await checkIdentifierKey(dataSource, config.TREBOL_IDENTIFIER_KEY as Buffer);
  if ('TREBOL_POINT_TYPES' in config) await checkProgramme(dataSource, programmeOf(config as z.output<typeof programmeVariables>));
}

class ServedProcess {}

function modulesOf(parts: ServedParts, keys: ApiKeys, testClock: TestClockParts | undefined): DynamicModule {
  const imports = [parts.module];
  if (parts.access) imports.push(keysModule(keys));
  if (testClock) imports.push(testClockModule(testClock));
  return { module: ServedProcess, imports };
}

/** What was under way here: work done by this look, and messages that wait. */
async function look(app: INestApplicationContext, { drive, transport }: ServedParts): Promise<number> {
  const moved = await drive?.(app) ?? 0;
  return moved + (await transport?.lag() ?? 0);
}

/**
 * Whoever started this process holds the other end; when it is gone, however it went, so is the reason to
 * run.
 */
function stopWithStandardInput(): void {
  process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM'));
  process.stdin.on('error', () => process.kill(process.pid, 'SIGTERM'));
  process.stdin.resume();
}
