/**
 * Spans and figures that are still in memory leave the process: the last thing that is closed. Does nothing where the SDK was not started.
 * Loaded when it is called, because the module that it asks starts the SDK when it is loaded first.
 */
export async function sendTelemetry(): Promise<void> {
  const { shutdownTelemetry } = await import('./index.ts');
  await shutdownTelemetry();
}
