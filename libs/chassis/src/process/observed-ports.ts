import type { Metrics } from '../metrics/metrics.ts';
import { BusTelemetry, type ReceivedBatch, type SentMessage } from '../otel/bus-telemetry.ts';
import { observedAppend } from '../otel/store-telemetry.ts';
import { sampledTraceparent } from '../otel/trace-parent.ts';
import { type AskedBus, BusFigures } from './bus-figures.ts';
import { inFront } from './in-front.ts';

/** What is looked at of a bus; `MessageBus` of libs/messaging is one. */
interface LookedAtBus extends AskedBus {
  publish(messages: readonly never[]): Promise<void>;
  consume(subscription: never): Promise<unknown>;
}

interface LookedAtSubscription {
  readonly group: string;
  readonly topics: readonly string[];
  readonly handle: (batch: ReceivedBatch) => Promise<readonly { readonly code: string }[] | void>;
}

/** A bus with a span and figures around each publish and each handled batch, and gauges of what waits for its consumers. */
export function observedBus<Bus extends LookedAtBus>(bus: Bus, metrics: Metrics): Bus {
  const telemetry = new BusTelemetry(metrics);
  const publish = telemetry.publishing<SentMessage>((messages) => bus.publish(messages as readonly never[]));
  const waiting = new BusFigures(bus, metrics);
  const consume = async (subscription: LookedAtSubscription): Promise<unknown> => {
    const handle = telemetry.handling(subscription.group, (batch: ReceivedBatch) => subscription.handle(batch));
    return waiting.watched(subscription, await bus.consume({ ...subscription, handle } as never));
  };
  return inFront<Bus, LookedAtBus>(bus, { publish, consume: consume as LookedAtBus['consume'] });
}

/** What is looked at of an event store; `EventStore` of libs/event-store is one. */
interface LookedAtStore { append(batch: readonly never[], lane?: never): Promise<readonly { readonly status: string }[]> }

/** What is looked at of an append; `StreamAppend` of libs/event-store is one. */
interface LookedAtAppend { readonly events: readonly { readonly metadata?: string | undefined }[] }

/** Finds the trace an event is recorded in; `traceparentOf` of libs/points does. */
type TraceOf = (event: { readonly metadata?: string | undefined }) => string | undefined;

/** An event store with a span and figures around each append. The span belongs to the traces that `traceOf` finds in its events. */
export function observedStore<Store extends LookedAtStore>(store: Store, metrics: Metrics, traceOf: TraceOf): Store {
  const append = observedAppend((batch: readonly unknown[], lane?: unknown) =>
    store.append(batch as readonly never[], lane as never), metrics, (batch) => tracesOf(batch as readonly LookedAtAppend[], traceOf));
  return inFront<Store, LookedAtStore>(store, { append: append as LookedAtStore['append'] });
}

function* tracesOf(batch: readonly LookedAtAppend[], traceOf: TraceOf): Generator<string | undefined> {
  for (const { events } of batch) for (const event of events) yield traceOf(event);
}

interface LookedAtCommand { readonly traceparent?: string | undefined }
interface LookedAtAddressed { readonly command: LookedAtCommand }

/** What is looked at of a ledger; `PointsLedger` of libs/points is one. */
interface LookedAtLedger {
  handle(wallet: never, command: never): Promise<unknown>;
  handleMany(commands: readonly never[]): Promise<unknown>;
}

/**
 * A ledger whose commands carry the trace they are given in, so that their events do. Nothing is added where nothing is traced, and
 * one that carries a trace already keeps it.
 */
export function tracedLedger<Ledger extends LookedAtLedger>(ledger: Ledger): Ledger {
  const handle = (wallet: never, command: LookedAtCommand): Promise<unknown> =>
    ledger.handle(wallet, inTrace(command, sampledTraceparent()) as never);
  const handleMany = (commands: readonly LookedAtAddressed[]): Promise<unknown> => {
    const traceparent = sampledTraceparent();
    const sent = traceparent === undefined ? commands
      : commands.map((addressed) => ({ ...addressed, command: inTrace(addressed.command, traceparent) }));
    return ledger.handleMany(sent as readonly never[]);
  };
  return inFront<Ledger, LookedAtLedger>(ledger, {
    handle: handle as LookedAtLedger['handle'], handleMany: handleMany as LookedAtLedger['handleMany'],
  });
}

const inTrace = (command: LookedAtCommand, traceparent: string | undefined): LookedAtCommand =>
  (traceparent === undefined || command.traceparent !== undefined ? command : { ...command, traceparent });
