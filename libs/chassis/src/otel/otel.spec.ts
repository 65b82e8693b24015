import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { withBatchSpan } from './batch-span.ts';
import { telemetryWanted } from './index.ts';

describe('telemetry', () => {
  it.each([
    [{}, false],
    [{ OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' }, false],
    [{ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, true],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, true],
    [{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_SDK_DISABLED: 'true' }, false],
  ])('given %p, then it is wanted: %p', (env, wanted) => {
    expect(telemetryWanted(env)).toBe(wanted);
  });
});

describe('span of a batch', () => {
  const exporter = new InMemorySpanExporter();
  const origin = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };

  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
  beforeEach(() => exporter.reset());
  afterAll(() => trace.disable());

  it('given a batch of messages from other traces, then it is one span that links to them', async () => {
    await expect(withBatchSpan('rate tickets', [origin, origin], () => Promise.resolve(7))).resolves.toBe(7);
    const [span, ...others] = exporter.getFinishedSpans();
    expect(others).toEqual([]);
    expect(span?.name).toBe('rate tickets');
    expect(span?.links.map((link) => link.context.traceId)).toEqual([origin.traceId, origin.traceId]);
  });

  it('given work that fails, then the span says so and the error passes', async () => {
    await expect(withBatchSpan('post', [], () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(exporter.getFinishedSpans()[0]?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'down' });
  });

  it('given a thousand messages, then 128 are linked', async () => {
    await withBatchSpan('post', Array.from({ length: 1000 }, () => origin), () => Promise.resolve());
    expect(exporter.getFinishedSpans()[0]?.links).toHaveLength(128);
  });
});
