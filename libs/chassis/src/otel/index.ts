// Loaded before everything else: node --import @trebol/chassis/otel dist/main.js. Does nothing unless an exporter is configured.
import { safeIncomingAttributes, safeOutgoingAttributes } from './safe-attributes.ts';

/** Signals and the variable that names their exporter. */
const EXPORTER_VARIABLES = ['OTEL_TRACES_EXPORTER', 'OTEL_METRICS_EXPORTER', 'OTEL_LOGS_EXPORTER'] as const;

/** Name under which a process reports that was given none. */
const SERVICE_NAME_DEFAULT = 'trebol';

/** What a process says of itself: never its command line, which may hold keys and addresses with passwords. */
const RESOURCE_DETECTORS = 'env,host,serviceinstance';

/** Paths that are asked every few seconds by machines: spans of them would be most of all spans. */
const PROBES: ReadonlySet<string> = new Set(['/livez', '/readyz', '/startupz', '/metrics']);

let stopSdk: () => Promise<void> = () => Promise.resolve();

/** Whether any signal leaves the process: an exporter is named other than `none`, or an OTLP endpoint is given. */
export function telemetryWanted(env: NodeJS.ProcessEnv): boolean {
  if (env['OTEL_SDK_DISABLED'] === 'true') return false;
  const named = EXPORTER_VARIABLES.map((name) => env[name] ?? '').filter((value) => value !== '');
  return named.length === 0 ? otlpEndpoint(env) : named.some((value) => value !== 'none');
}

const otlpEndpoint = (env: NodeJS.ProcessEnv): boolean => (env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '') !== '';

/**
 * The exporters' variables as the SDK is to see them. It exports every signal by OTLP unless told otherwise; here a signal that
 * nobody named stays off when there is no endpoint, logs go to standard output only, and a command line is not sent along.
 */
export function exporterVariables(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const unnamed = otlpEndpoint(env) ? 'otlp' : 'none';
  const set = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const named = EXPORTER_VARIABLES.map((name) => [name, set(name) ?? (name === 'OTEL_LOGS_EXPORTER' ? 'none' : unnamed)] as const);
  const elsewhere = /(^|,)\s*service\.name=/.test(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '');
  const service = set('OTEL_SERVICE_NAME') ?? (elsewhere ? undefined : SERVICE_NAME_DEFAULT);
  return {
    ...Object.fromEntries(named),
    ...(service === undefined ? {} : { OTEL_SERVICE_NAME: service }),
    OTEL_NODE_RESOURCE_DETECTORS: set('OTEL_NODE_RESOURCE_DETECTORS') ?? RESOURCE_DETECTORS,
  };
}

/** Sends what is still in memory and stops; a composition root calls it last. */
export function shutdownTelemetry(): Promise<void> {
  return stopSdk();
}

async function startTelemetry(env: NodeJS.ProcessEnv): Promise<void> {
  Object.assign(env, exporterVariables(env));
  // Before anything that is to be traced is imported, the SDK included.
  const { register } = await import('import-in-the-middle/register-hooks.mjs');
  register({ include: ['http', 'https', 'pg', 'pg-pool', 'kafkajs'] });
  const [{ NodeSDK }, { HttpInstrumentation }, { PgInstrumentation }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/instrumentation-http'),
    import('@opentelemetry/instrumentation-pg'),
  ]);
  const sdk = new NodeSDK({
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: (request) => PROBES.has(request.url ?? ''),
        startIncomingSpanHook: safeIncomingAttributes,
        startOutgoingSpanHook: safeOutgoingAttributes,
        // Exporters and pollers call out all the time; only calls made on behalf of something are spans.
        requireParentforOutgoingSpans: true,
      }),
      // Background pollers query all the time; only queries made on behalf of something are spans.
      new PgInstrumentation({ requireParentSpan: true }),
      ...await kafkaByMessage(env),
    ],
  });
  sdk.start();
  stopSdk = () => sdk.shutdown();
}

/**
 * kafkajs's own instrumentation begins a span for every message on both sides and writes its key into it; batches have one span
 * here (`BusTelemetry`). `TREBOL_TRACE_KAFKA=1` switches it on to look for a fault.
 */
async function kafkaByMessage(env: NodeJS.ProcessEnv) {
  if (env['TREBOL_TRACE_KAFKA'] !== '1') return [];
  const { KafkaJsInstrumentation } = await import('@opentelemetry/instrumentation-kafkajs');
  return [new KafkaJsInstrumentation()];
}

if (telemetryWanted(process.env)) await startTelemetry(process.env);
