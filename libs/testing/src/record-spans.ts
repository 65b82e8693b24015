import { AsyncLocalStorage } from 'node:async_hooks';
import http from 'node:http';
import { type Context, context, type ContextManager, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

/** What the SDK's own context manager does. */
class Contexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    entered: Context, work: F, self?: ThisParameterType<F>, ...args: A
  ): ReturnType<F> {
    return this.#storage.run(entered, () => work.apply(self, args));
  }
  bind<T>(entered: Context, target: T): T {
    if (typeof target !== 'function') return target;
    return ((...args: unknown[]): unknown => this.#storage.run(entered, () => target(...args) as unknown)) as T;
  }
  enable(): this {
    return this;
  }
  disable(): this {
    return this;
  }
}

/** `traceparent` of a header into the context; nothing is sent on, so that a test's own requests carry what the test says. */
const fromHeader = {
  inject: () => undefined,
  extract: (to: Context, carrier: unknown, { get }: { get(carrier: unknown, name: string): unknown }): Context => {
    const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(String(get(carrier, 'traceparent'))) ?? [];
    return traceId === undefined || spanId === undefined ? to : trace.setSpanContext(to, { traceId, spanId, traceFlags: 1, isRemote: true });
  },
  fields: () => ['traceparent'],
};

/** Spans that ended in this process since the recording began. */
export interface SpanRecording {
  readonly spans: () => readonly ReadableSpan[];
  readonly reset: () => void;
  /** Ends the recording: what comes after it leaves no spans. */
  readonly stop: () => void;
}

/**
 * Does what `@trebol/chassis/otel` does in a process, inside a test's own: spans are recorded and kept in memory. With `http` requests
 * that this process answers begin a span too, under the `traceparent` they carry.
 */
export function recordSpans(options: { readonly http?: boolean } = {}): SpanRecording {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new Contexts());
  if (options.http === true) {
    propagation.setGlobalPropagator(fromHeader);
    instrumentHttp(provider);
  }
  return {
    spans: () => exporter.getFinishedSpans(), reset: () => exporter.reset(),
    stop: () => {
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}

/** Loaders are not hooked in a test: the module, which is loaded long since, is patched where it is. */
function instrumentHttp(provider: TracerProvider): void {
  const instrumentation = new HttpInstrumentation({ enabled: false, disableOutgoingRequestInstrumentation: true });
  instrumentation.setTracerProvider(provider);
  const definitions = (instrumentation as unknown as { init(): { name: string; patch?: (module: unknown) => unknown }[] }).init();
  definitions.find(({ name }) => name === 'http')?.patch?.(http);
}
