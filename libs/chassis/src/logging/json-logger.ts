import type { LoggerService } from '@nestjs/common';
import { isSpanContextValid, trace } from '@opentelemetry/api';
import { Logger, type PinoLogger } from 'nestjs-pino';
import { type DestinationStream, type LevelWithSilent, type Logger as Pino, pino } from 'pino';
import { errorFacts, redactLine, redactMembers } from './redaction.ts';

/** What logs are like. */
export interface LogOptions {
  readonly service: string;
  readonly level: LevelWithSilent;
  /** Where lines go; standard output by default. */
  readonly destination?: DestinationStream | undefined;
}

/** Trace and span that the line belongs to, under the names that log stores look for. */
function traceIds(): Record<string, string> {
  const context = trace.getActiveSpan()?.spanContext();
  return context === undefined || !isSpanContextValid(context) ? {} : { trace_id: context.traceId, span_id: context.spanId };
}

/**
 * Pino with redaction: secret and personal members at any depth, and keys, e-mail addresses and phone numbers in any text (an error
 * message of PostgreSQL quotes the row). Lines written inside a span carry its `trace_id` and `span_id`. For code outside Nest.
 */
export function jsonLog(options: LogOptions): Pino {
  const settings = {
    level: options.level,
    base: { service: options.service },
    mixin: traceIds,
    formatters: { log: redactMembers },
    serializers: { err: errorFacts },
    hooks: { streamWrite: redactLine },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}

/**
 * The same for Nest (`app.useLogger`, `createHttpApplication`). Made without nestjs-pino's module on purpose: its middleware makes a
 * logger for each request, and requests are not logged here (traces tell about them); and its `PinoLogger` keeps the first logger of
 * the process for all that come later.
 */
export function jsonLogger(options: LogOptions): LoggerService {
  return new Logger(jsonLog(options) as unknown as PinoLogger, {});
}
