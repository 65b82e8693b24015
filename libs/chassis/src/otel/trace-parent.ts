import { isSpanContextValid, ProxyTracerProvider, type SpanContext, trace, TraceFlags } from '@opentelemetry/api';

/** `traceparent` of W3C Trace Context, version 00. */
const TRACE_PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** What a `traceparent` names; undefined when it is missing, malformed or all zeros. */
export function parseTraceparent(text: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACE_PARENT.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const context: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
}

/** `traceparent` of the running span, for a message or an event that is made in it; undefined when nothing is traced. */
export function currentTraceparent(): string | undefined {
  const context = trace.getActiveSpan()?.spanContext();
  if (context === undefined || !isSpanContextValid(context)) return undefined;
  return `00-${context.traceId}-${context.spanId}-${(context.traceFlags & 0xff).toString(16).padStart(2, '0')}`;
}

/** What stands behind the API as long as nobody starts an SDK. */
const NO_SDK = new ProxyTracerProvider().getDelegate();

/** Whether an SDK was started in this process; without one nobody needs to look where anything comes from. */
export function isTracing(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== NO_SDK;
}

/**
 * `traceparent` to keep with a row, an event or a message: that of the running span where it is recorded by somebody, else undefined,
 * so that nothing is stored for traces that nobody will see.
 */
export function sampledTraceparent(): string | undefined {
  const flags = trace.getActiveSpan()?.spanContext().traceFlags ?? TraceFlags.NONE;
  return (flags & TraceFlags.SAMPLED) === 0 ? undefined : currentTraceparent();
}
