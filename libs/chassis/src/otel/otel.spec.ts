import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { recordSpans } from '@trebol/testing';
import { PlatformMetrics } from '../metrics/platform-metrics.ts';
import { batchSpan } from './batch-span.ts';
import { BusTelemetry, type ReceivedBatch, type SentMessage } from './bus-telemetry.ts';
import { exporterVariables, telemetryWanted } from './index.ts';
import { safeIncomingAttributes, safeOutgoingAttributes } from './safe-attributes.ts';
import { observedAppend } from './store-telemetry.ts';
import { tracedLedger } from '../process/observed-ports.ts';
import { currentTraceparent, parseTraceparent, sampledTraceparent } from './trace-parent.ts';

const recording = recordSpans();
beforeEach(() => recording.reset());
afterAll(() => recording.stop());

const spans = (): readonly ReadableSpan[] => recording.spans();
const named = (name: string): ReadableSpan => {
  const span = spans().find((candidate) => candidate.name === name);
  if (span === undefined) throw new Error(`no span ${name} among ${spans().map((candidate) => candidate.name).join(', ')}`);
  return span;
};
const traceparent = (number: number) => `00-0af7651916cd43dd8448eb211c80319c-${number.toString(16).padStart(16, '0')}-01`;

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

  it('given an endpoint and nothing else, then traces and figures go there, logs do not, under the name trebol', () => {
    expect(exporterVariables({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_SERVICE_NAME: '' })).toEqual({
      OTEL_TRACES_EXPORTER: 'otlp', OTEL_METRICS_EXPORTER: 'otlp', OTEL_LOGS_EXPORTER: 'none', OTEL_SERVICE_NAME: 'trebol',
      OTEL_NODE_RESOURCE_DETECTORS: 'env,host,serviceinstance',
    });
  });

  it('given one signal that is named, then the others stay off and the name given stays', () => {
    expect(exporterVariables({ OTEL_TRACES_EXPORTER: 'console', OTEL_SERVICE_NAME: 'earning' })).toMatchObject({
      OTEL_TRACES_EXPORTER: 'console', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_SERVICE_NAME: 'earning',
    });
    expect(exporterVariables({ OTEL_RESOURCE_ATTRIBUTES: 'a=b,service.name=ledger' })).not.toHaveProperty('OTEL_SERVICE_NAME');
  });

  it('given requests with people in them, then their spans have neither query values nor addresses', () => {
    const incoming = safeIncomingAttributes({ url: '/v1/members?identifier=phone:+34600112233&limit=2&ana@example.org=1' });
    expect(incoming).toMatchObject({ 'url.query': 'identifier=&limit=&_=', 'client.address': undefined, 'user_agent.original': undefined });
    expect(safeIncomingAttributes({ url: '/v1/stores' })['url.query']).toBeUndefined();
    expect(safeOutgoingAttributes({ protocol: 'https:', hostname: 'sms.example', port: 443, path: '/send?to=600112233' }))
      .toEqual({ 'url.full': 'https://sms.example:443/' });
  });
});

describe('traceparent', () => {
  it.each([undefined, '', 'nonsense', `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`, `01-${'1'.repeat(32)}-${'1'.repeat(16)}-01`])(
    'given %p, then it names nothing', (text) => {
      expect(parseTraceparent(text)).toBeUndefined();
    });

  it('given no span, then there is none; inside one, then it is that span\'s', async () => {
    expect(currentTraceparent()).toBeUndefined();
    const inside = await batchSpan({ name: 'x' }, (span) => Promise.resolve([currentTraceparent(), span.spanContext().spanId]));
    expect(inside[0]?.slice(36, 52)).toBe(inside[1]);
  });
});

describe('the trace that is kept with what is stored', () => {
  const under = <T>(traceFlags: number, work: () => T): T =>
    context.with(trace.setSpanContext(ROOT_CONTEXT, { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags }), work);

  it('given a trace that is recorded, then it is kept; one that is not, or none, leaves nothing', () => {
    expect(under(1, sampledTraceparent)).toBe(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`);
    expect([under(0, sampledTraceparent), sampledTraceparent()]).toEqual([undefined, undefined]);
  });

  it('given a ledger, then its commands carry the trace they are given in, and keep one of their own', async () => {
    const given: unknown[] = [];
    const ledger = tracedLedger({
      handle: (...asked: unknown[]) => { given.push(asked); return Promise.resolve(asked.length); },
      handleMany: (...asked: unknown[]) => { given.push(...asked); return Promise.resolve([]); },
      wallet: () => 'as it is',
    });
    const send = async (): Promise<void> => {
      await ledger.handle('w' as never, { type: 'OpenWallet' } as never);
      await ledger.handleMany([{ wallet: 'w', command: { type: 'a' } }, { wallet: 'w', command: { type: 'b', traceparent: 'own' } }] as never);
    };
    await send();
    expect(given).toEqual([['w', { type: 'OpenWallet' }], [{ wallet: 'w', command: { type: 'a' } }, { wallet: 'w', command: { type: 'b', traceparent: 'own' } }]]);
    given.length = 0;
    await under(1, send);
    const kept = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    expect(given).toEqual([['w', { type: 'OpenWallet', traceparent: kept }], [
      { wallet: 'w', command: { type: 'a', traceparent: kept } }, { wallet: 'w', command: { type: 'b', traceparent: 'own' } },
    ]]);
    expect(ledger.wallet()).toBe('as it is');
  });
});

describe('span of a batch', () => {
  it('given a batch that only happens to run in a request, then it belongs to its items and to nothing else', async () => {
    const detached = true;
    await batchSpan({ name: 'request' }, async () => {
      await batchSpan({ name: 'of one', origins: [traceparent(1)], detached }, () => Promise.resolve());
      await batchSpan({ name: 'of two', origins: [traceparent(1), traceparent(2)], detached }, () => Promise.resolve());
      await batchSpan({ name: 'of none', detached }, () => Promise.resolve());
    });
    expect(['of one', 'of two', 'of none'].map((name) => named(name).parentSpanContext?.spanId)).toEqual(['0000000000000001', undefined, undefined]);
    expect(named('of two').links).toHaveLength(2);
  });

  it('given items of one span, then it is that span\'s child; given items of several, then it links to each once', async () => {
    await batchSpan({ name: 'one', origins: [traceparent(1), undefined, traceparent(1)] }, () => Promise.resolve());
    await batchSpan({ name: 'two', origins: [traceparent(1), 'nonsense', traceparent(2)] }, () => Promise.resolve());
    expect([named('one').parentSpanContext?.spanId, named('one').links]).toEqual(['0000000000000001', []]);
    expect([named('two').parentSpanContext, named('two').links.map((link) => link.context.spanId)])
      .toEqual([undefined, ['0000000000000001', '0000000000000002']]);
  });

  it('given a batch inside another span, then it is its child and links to where the items come from', async () => {
    await batchSpan({ name: 'outer' }, () => batchSpan({ name: 'inner', origins: [traceparent(1)] }, () => Promise.resolve()));
    expect(named('inner').parentSpanContext?.spanId).toBe(named('outer').spanContext().spanId);
    expect(named('inner').links).toHaveLength(1);
  });

  it('given a thousand origins, then 128 are linked', async () => {
    await batchSpan({ name: 'many', origins: Array.from({ length: 1000 }, (_, index) => traceparent(index + 1)) }, () => Promise.resolve());
    expect(named('many').links).toHaveLength(128);
  });

  it('given work that fails, then the span says so without naming anybody, and the error passes', async () => {
    await expect(batchSpan({ name: 'post' }, () => Promise.reject(new Error('down: ana@example.org')))).rejects.toThrow('ana@example.org');
    expect(named('post').status).toEqual({ code: SpanStatusCode.ERROR, message: 'down: [e-mail]' });
  });
});

/** The bus of one process: what is published waits until it is delivered, in batches of a topic. Shapes are those of libs/messaging. */
function carrier() {
  type Message = SentMessage & { readonly id: string };
  const kept: Message[] = [];
  return {
    publish: (messages: readonly Message[]) => { kept.push(...messages); return Promise.resolve(); },
    deliver: async <F>(handle: (batch: ReceivedBatch & { messages: readonly Message[] }) => Promise<readonly F[] | void>) =>
      handle({ topic: 'trebol.points.entry.v1', partition: 3, messages: kept.splice(0) }),
  };
}

describe('a message over the bus', () => {
  const topic = 'trebol.points.entry.v1';

  it('given a request that publishes, when its message is handled, then it is one trace: request, send, process', async () => {
    const bus = carrier();
    const telemetry = new BusTelemetry();
    const publish = telemetry.publishing(bus.publish);
    await batchSpan({ name: 'POST /v1/transactions' }, () => publish([{ topic, id: '1' }, { topic, id: '2' }]));
    await bus.deliver(telemetry.handling('notifications.inbox.v1', (batch) => batchSpan({ name: 'INSERT inbox' }, () => {
      expect(batch.messages).toHaveLength(2);
      return Promise.resolve();
    })));

    const [request, send, process, insert] = ['POST /v1/transactions', `send ${topic}`, `process ${topic}`, 'INSERT inbox'].map(named);
    expect([send, process, insert].map((span) => span?.parentSpanContext?.spanId))
      .toEqual([request, send, process].map((span) => span?.spanContext().spanId));
    expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
    expect([send?.kind, process?.kind]).toEqual([SpanKind.PRODUCER, SpanKind.CONSUMER]);
    expect(process?.attributes).toEqual({
      'messaging.destination.name': topic, 'messaging.destination.partition.id': '3', 'messaging.consumer.group.name': 'notifications.inbox.v1',
      'messaging.batch.message_count': 2,
    });
  });

  it('given messages of two requests in one batch, then there is one span for the batch that links to both; own traceparents stay', async () => {
    const bus = carrier();
    const telemetry = new BusTelemetry();
    const publish = telemetry.publishing(bus.publish);
    await publish([{ topic, id: '1' }]);
    await publish([{ topic, id: '2', traceparent: traceparent(7) }, { topic, id: '3', traceparent: traceparent(7) }]);
    await bus.deliver(telemetry.handling('g', () => Promise.resolve()));
    const sent = spans().filter((span) => span.name === `send ${topic}`);
    expect(spans().filter((span) => span.name.startsWith('process'))).toHaveLength(1);
    expect(named(`process ${topic}`).links.map((link) => link.context.spanId)).toEqual([sent[0]?.spanContext().spanId, '0000000000000007']);
  });

  it('given dead letters and a throw, then figures tell, the failures pass through, and the span of the throw is an error', async () => {
    const bus = carrier();
    const metrics = new PlatformMetrics();
    const telemetry = new BusTelemetry(metrics);
    await telemetry.publishing(bus.publish)([{ topic, id: '1' }, { topic, id: '2' }]);
    const failures = [{ code: 'unreadable' }, { code: 'unreadable' }];
    await expect(bus.deliver(telemetry.handling('g', () => Promise.resolve(failures)))).resolves.toBe(failures);
    await expect(bus.deliver(telemetry.handling('g', () => Promise.reject(new Error('down'))))).rejects.toThrow('down');
    expect(spans().at(-1)?.status.code).toBe(SpanStatusCode.ERROR);
    const page = await metrics.page();
    expect(page).toContain(`trebol_bus_published_total{topic="${topic}"} 2`);
    expect(page).toContain(`trebol_bus_dead_letters_total{topic="${topic}",group="g",code="unreadable"} 2`);
    expect(page).toContain(`trebol_bus_batch_messages_sum{topic="${topic}",group="g"} 2`);
    for (const outcome of ['handled', 'failed']) {
      expect(page).toContain(`trebol_bus_batch_duration_seconds_count{topic="${topic}",group="g",outcome="${outcome}"} 1`);
    }
  });
});

describe('an append to the event store', () => {
  it('given two streams of which one conflicts, then it is one span and the figures tell appends from conflicts', async () => {
    const metrics = new PlatformMetrics();
    const append = observedAppend((streams: readonly string[], _lane?: string) =>
      Promise.resolve(streams.map((stream) => ({ status: stream === 'b' ? 'conflict' : 'appended' }))), metrics);
    await expect(append(['a', 'b', 'c'], 'lane')).resolves.toHaveLength(3);
    expect(named('append events').attributes).toEqual({ 'trebol.streams': 3 });
    const page = await metrics.page();
    expect(page).toContain('trebol_event_store_appends_total{outcome="appended"} 2');
    expect(page).toContain('trebol_event_store_appends_total{outcome="conflict"} 1');
  });
});
