import type { AddressInfo } from 'node:net';
import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Clock, Ids } from '@trebol/contracts';
import type { DestinationStream, LevelWithSilent } from 'pino';
import type { AccessRules } from '../auth/api-key.guard.ts';
import { createHttpApplication } from '../http/http-application.ts';
import type { Background } from '../lifecycle/background.ts';
import type { Health } from '../lifecycle/health.ts';
import { shutDown } from '../lifecycle/run-until-signal.ts';
import { jsonLogger } from '../logging/json-logger.ts';
import type { PlatformMetrics } from '../metrics/platform-metrics.ts';
import { processFigures } from '../metrics/process-figures.ts';

/** What an application of one process is opened from, be it one service or all of them. */
export interface ApplicationParts {
  /** Its name in the log. */
  readonly service: string;
  readonly version: string;
  readonly module: DynamicModule;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly health: Health;
  readonly access: AccessRules;
  readonly logLevel: LevelWithSilent;
  /** Where log lines go; standard output by default. */
  readonly logTo?: DestinationStream | undefined;
  /** Nest's custom transport strategy, which binds the consumers; absent: there are none. */
  readonly strategy?: object | undefined;
  /** Figures of this process, shown at `/metrics`. */
  readonly metrics: PlatformMetrics;
  /** `/metrics` asks for no key; as with `access.open`. */
  readonly metricsOpen?: boolean | undefined;
  /** What runs beside requests and is no module's own, such as the bus's maintenance. */
  readonly background: Background;
  readonly streamedTypes?: readonly string[] | undefined;
  readonly host: string;
  /** 0: a free port. */
  readonly port: number;
  /** Takes a free port when `port` is in use. */
  readonly fallBackToFreePort?: boolean | undefined;
}

export interface OpenApplication {
  readonly app: NestFastifyApplication;
  /** Where it answers; of all addresses, the loopback one. */
  readonly url: string;
}

/**
 * Opens an application in the one order there is: consumers, background work, then the port. What had begun
 * is stopped when a later part fails.
 */
export async function openApplication(parts: ApplicationParts): Promise<OpenApplication> {
  const { service, version, ids, health, access, background, metrics } = parts;
  let endFigures = (): void => undefined;
  background.add('figures of the process', {
    start: () => { endFigures = processFigures(metrics, { service, version }); }, stop: () => endFigures(),
  });
  const app = await createHttpApplication(parts.module, {
    ids, health, access, logger: jsonLogger({ service, level: parts.logLevel, destination: parts.logTo }), documentation: { title: 'Trébol', version },
    metrics: { figures: metrics, open: access.open === true || parts.metricsOpen === true },
    ...(parts.streamedTypes ? { streamedTypes: parts.streamedTypes } : {}),
  });
  try {
    if (parts.strategy) {
      app.connectMicroservice({ strategy: parts.strategy });
      await app.startAllMicroservices();
    }
    await background.start();
    await listen(app, parts);
  } catch (error) {
    await shutDown(app, { health, background });
    throw error;
  }
  health.markStarted();
  return { app, url: urlOf(app) };
}

async function listen(
  app: NestFastifyApplication, { host, port, fallBackToFreePort }: ApplicationParts
): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    if (!fallBackToFreePort || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    await app.listen(0, host);
  }
}

function urlOf(app: NestFastifyApplication): string {
  const { address, port } = app.getHttpServer().address() as AddressInfo;
  return `http://${address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address}:${port}`;
}
