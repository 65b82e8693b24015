import type { LoggerService } from '@nestjs/common';
import { Logger, PinoLogger } from 'nestjs-pino';
import { type DestinationStream, type LevelWithSilent, type Logger as Pino, pino } from 'pino';
import { REDACTED_MEMBERS, redactLine } from './redaction.ts';

/** What logs are like. */
export interface LogOptions {
  readonly service: string;
  readonly level: LevelWithSilent;
  /** Where lines go; standard output by default. */
  readonly destination?: DestinationStream;
}

/**
 * Pino with redaction: named members by path, and keys, e-mail addresses and phone numbers in any text (an error message of
 * PostgreSQL quotes the row). For code outside Nest.
 */
export function jsonLog(options: LogOptions): Pino {
  const settings = {
    level: options.level,
    base: { service: options.service },
    redact: { paths: [...REDACTED_MEMBERS], censor: '[redacted]' },
    hooks: { streamWrite: redactLine },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}

/**
 * The same for Nest (`app.useLogger`, `createHttpApplication`). Made without nestjs-pino's module on purpose: its middleware
 * makes a logger for each request, and requests are not logged here (traces tell about them).
 */
export function jsonLogger(options: LogOptions): LoggerService {
  return new Logger(new PinoLogger({ pinoHttp: { logger: jsonLog(options) } }), {});
}
