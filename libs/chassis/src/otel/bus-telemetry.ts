import { SpanKind, type Tracer } from '@opentelemetry/api';
import { type Metrics, noMetrics } from '../metrics/metrics.ts';
import { batchSpan } from './batch-span.ts';
import { currentTraceparent } from './trace-parent.ts';

/** A message on its way out, as far as tracing looks at it; `OutgoingMessage` of libs/messaging is one. */
export interface SentMessage {
  readonly topic: string;
  readonly traceparent?: string | undefined;
}

/** Messages of one topic partition; `MessageBatch` of libs/messaging is one. */
export interface ReceivedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly { readonly traceparent?: string | undefined }[];
}

type Publish<Message> = (messages: readonly Message[]) => Promise<void>;
type Handle<Batch, Failure> = (batch: Batch) => Promise<readonly Failure[] | void>;

const MILLISECONDS = 1000;

/**
 * Spans and figures of the bus, put around its two calls where an application is composed: libs/messaging knows nothing of it, and
 * the shapes here are its own, so the compiler checks them where they meet. One span for each call of publish and each handled batch.
 */
export class BusTelemetry {
  readonly #metrics: Metrics;
  readonly #tracer: Tracer | undefined;

  constructor(metrics: Metrics = noMetrics, tracer?: Tracer) {
    this.#metrics = metrics;
    this.#tracer = tracer;
  }

  /** `publish` of a bus in a span; messages that carry no `traceparent` of their own get that of the span. */
  publishing<Message extends SentMessage>(publish: Publish<Message>): Publish<Message> {
    return (messages) => {
      const topics = countByTopic(messages);
      const [only] = topics.size === 1 ? topics.keys() : [];
      const attributes = { 'messaging.destination.name': only, 'messaging.batch.message_count': messages.length };
      return this.#span({ name: `send ${only ?? 'messages'}`, kind: SpanKind.PRODUCER, attributes }, async () => {
        await publish(stamped(messages, currentTraceparent()));
        for (const [topic, count] of topics) this.#metrics.count('trebol_bus_published_total', count, { topic });
      });
    };
  }

  /** A subscription's handler in a span that knows where its messages come from, with its figures. */
  handling<Batch extends ReceivedBatch, Failure extends { readonly code: string }>(
    group: string, handle: Handle<Batch, Failure>,
  ): Handle<Batch, Failure> {
    return async (batch) => {
      const { topic, partition, messages } = batch;
      const began = performance.now();
      const record = (outcome: 'handled' | 'failed') =>
        this.#metrics.observe('trebol_bus_batch_duration_seconds', (performance.now() - began) / MILLISECONDS, { topic, group, outcome });
      const attributes = {
        'messaging.destination.name': topic, 'messaging.destination.partition.id': String(partition),
        'messaging.consumer.group.name': group, 'messaging.batch.message_count': messages.length,
      };
      this.#metrics.observe('trebol_bus_batch_messages', messages.length, { topic, group });
      const span = { name: `process ${topic}`, kind: SpanKind.CONSUMER, origins: originsOf(messages), attributes };
      try {
        const failures = await this.#span(span, () => handle(batch));
        record('handled');
        for (const { code } of failures ?? []) this.#metrics.count('trebol_bus_dead_letters_total', 1, { topic, group, code });
        return failures;
      } catch (error) {
        record('failed');
        throw error;
      }
    };
  }

  #span<T>(options: Parameters<typeof batchSpan>[0], work: () => Promise<T>): Promise<T> {
    return batchSpan(this.#tracer === undefined ? options : { ...options, tracer: this.#tracer }, work);
  }
}

function* originsOf(messages: ReceivedBatch['messages']): Generator<string | undefined> {
  for (const { traceparent } of messages) yield traceparent;
}

function countByTopic(messages: readonly SentMessage[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { topic } of messages) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return counts;
}

function stamped<Message extends SentMessage>(messages: readonly Message[], traceparent: string | undefined): readonly Message[] {
  if (traceparent === undefined) return messages;
  return messages.map((message) => (message.traceparent === undefined ? { ...message, traceparent } : message));
}
