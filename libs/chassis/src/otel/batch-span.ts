import {
  type Attributes, type Context, context, type Link, ROOT_CONTEXT, type Span, type SpanContext, SpanKind, SpanStatusCode, trace,
  type Tracer,
} from '@opentelemetry/api';
import { redactLine } from '../logging/redaction.ts';
import { isTracing, parseTraceparent } from './trace-parent.ts';

/** Links of one span; more would be dropped by the SDK's own limit of 128. */
const LINKS_MAX = 128;

/** A span over a batch. */
export interface BatchSpan {
  /** `<verb> <what>`, of a small set: names are not made of ids. */
  readonly name: string;
  /** `traceparent` of each item of the batch, as it came; missing and malformed ones are left out. */
  readonly origins?: Iterable<string | undefined>;
  /** Bounded, and nothing personal: counts, topics, groups. */
  readonly attributes?: Attributes;
  readonly kind?: SpanKind;
  /**
   * Work that only happens to run inside another span, as a queue does that a request has set going: it belongs to its origins and
   * to nothing else.
   */
  readonly detached?: boolean;
  /** By default the tracer `trebol` of the SDK that was started, if any. */
  readonly tracer?: Tracer;
}

/**
 * Does work on a batch inside one span (never a span per message). Where all items come from one span, as a single ticket does,
 * the batch is its child, so that the ticket is one trace from the till to the balance; where they come from several, the span
 * links to the first 128 of them. Inside another span it is that span's child and links to all, unless it is detached. Without an SDK
 * nobody looks at the items.
 */
export function batchSpan<T>(options: BatchSpan, work: (span: Span) => Promise<T>): Promise<T> {
  const { name, attributes = {}, kind = SpanKind.INTERNAL, tracer = trace.getTracer('trebol') } = options;
  const origins = options.tracer === undefined && !isTracing() ? [] : distinct(options.origins ?? []);
  const { parent, links } = placed(options.detached === true ? ROOT_CONTEXT : context.active(), origins);
  return tracer.startActiveSpan(name, { attributes, kind, links }, parent, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: redactLine(error instanceof Error ? error.message : String(error)) });
      throw error;
    } finally {
      span.end();
    }
  });
}

function distinct(origins: Iterable<string | undefined>): readonly SpanContext[] {
  const seen = new Set<string>();
  const found: SpanContext[] = [];
  for (const origin of origins) {
    if (origin === undefined || seen.has(origin)) continue;
    seen.add(origin);
    const parsed = parseTraceparent(origin);
    if (parsed !== undefined) found.push(parsed);
    if (found.length === LINKS_MAX) break;
  }
  return found;
}

function placed(active: Context, origins: readonly SpanContext[]): { parent: Context; links: Link[] } {
  const [first] = origins;
  if (trace.getSpan(active) !== undefined) return { parent: active, links: origins.map((origin) => ({ context: origin })) };
  if (first !== undefined && origins.length === 1) return { parent: trace.setSpanContext(ROOT_CONTEXT, first), links: [] };
  return { parent: active, links: origins.map((origin) => ({ context: origin })) };
}
