import { type Link, type SpanContext, SpanStatusCode, trace } from '@opentelemetry/api';

/** Links of one span; more would be dropped by the SDK's own limit of 128. */
const LINKS_MAX = 128;

/**
 * Does work on a batch inside one span that links to the traces its items came from (never a span per message). Without an SDK
 * it costs next to nothing.
 */
export function withBatchSpan<T>(name: string, origins: readonly SpanContext[], work: () => Promise<T>): Promise<T> {
  const links: Link[] = origins.slice(0, LINKS_MAX).map((context) => ({ context }));
  return trace.getTracer('trebol').startActiveSpan(name, { links }, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}
