// Loaded before everything else: node --import @trebol/chassis/otel dist/main.js. Does nothing unless an exporter is configured.

/** Signals and the variable that names their exporter. */
const EXPORTER_VARIABLES = ['OTEL_TRACES_EXPORTER', 'OTEL_METRICS_EXPORTER', 'OTEL_LOGS_EXPORTER'] as const;

let stopSdk: () => Promise<void> = () => Promise.resolve();

/** Whether any signal leaves the process: an exporter is named other than `none`, or an OTLP endpoint is given. */
export function telemetryWanted(env: NodeJS.ProcessEnv): boolean {
  if (env['OTEL_SDK_DISABLED'] === 'true') return false;
  const named = EXPORTER_VARIABLES.map((name) => env[name] ?? '').filter((value) => value !== '');
  return named.length === 0 ? (env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '') !== '' : named.some((value) => value !== 'none');
}

/** Sends what is still in memory and stops; a composition root calls it last. */
export function shutdownTelemetry(): Promise<void> {
  return stopSdk();
}

async function startTelemetry(env: NodeJS.ProcessEnv): Promise<void> {
  // The SDK exports every signal by OTLP unless told otherwise; here a signal nobody named stays off when there is no endpoint.
  const unnamed = (env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '') === '' ? 'none' : 'otlp';
  for (const name of EXPORTER_VARIABLES) env[name] ??= name === 'OTEL_LOGS_EXPORTER' ? 'none' : unnamed;
  // Before anything that is to be traced is imported, the SDK included.
  const { register } = await import('import-in-the-middle/register-hooks.mjs');
  register({ include: ['http', 'https', 'pg', 'pg-pool', 'kafkajs'] });
  const [{ NodeSDK }, { HttpInstrumentation }, { PgInstrumentation }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/instrumentation-http'),
    import('@opentelemetry/instrumentation-pg'),
  ]);
  const probes = new Set(['/livez', '/readyz', '/startupz', '/metrics']);
  const sdk = new NodeSDK({
    instrumentations: [
      new HttpInstrumentation({ ignoreIncomingRequestHook: (request) => probes.has(request.url ?? '') }),
      // Background pollers query all the time; only queries made on behalf of something are spans.
      new PgInstrumentation({ requireParentSpan: true }),
    ],
  });
  sdk.start();
  stopSdk = () => sdk.shutdown();
}

if (telemetryWanted(process.env)) await startTelemetry(process.env);
