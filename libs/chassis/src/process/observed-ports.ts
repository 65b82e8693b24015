import type { Metrics } from '../metrics/metrics.ts';
import { BusTelemetry, type ReceivedBatch, type SentMessage } from '../otel/bus-telemetry.ts';
import { observedAppend } from '../otel/store-telemetry.ts';

/** The same object with some methods in front; private state stays with the original. */
export function inFront<Target extends Port, Port extends object>(target: Target, methods: Partial<Port>): Target {
  return new Proxy(target, {
    get: (original, name) => {
      if (name in methods) return methods[name as keyof Port];
      const value: unknown = Reflect.get(original, name, original);
      return typeof value === 'function' ? value.bind(original) as unknown : value;
    },
  });
}

/** What is looked at of a bus; `MessageBus` of libs/messaging is one. */
interface LookedAtBus {
  publish(messages: readonly never[]): Promise<void>;
  consume(subscription: never): Promise<unknown>;
  /** Groups whose batch keeps failing. */
  troubles?(): readonly { readonly group: string }[];
}

interface LookedAtSubscription {
  readonly group: string;
  readonly handle: (batch: ReceivedBatch) => Promise<readonly { readonly code: string }[] | void>;
}

/** A bus with a span and figures around each publish and each handled batch. */
export function observedBus<Bus extends LookedAtBus>(bus: Bus, metrics: Metrics): Bus {
  const telemetry = new BusTelemetry(metrics);
  const publish = telemetry.publishing<SentMessage>((messages) => bus.publish(messages as readonly never[]));
  const consume = (subscription: LookedAtSubscription): Promise<unknown> => {
    const handle = telemetry.handling(subscription.group, (batch: ReceivedBatch) => subscription.handle(batch));
    return bus.consume({ ...subscription, handle } as never);
  };
  metrics.gauge('trebol_bus_stalled_partitions', () => countedByGroup(bus.troubles?.() ?? []));
  return inFront<Bus, LookedAtBus>(bus, { publish, consume: consume as LookedAtBus['consume'] });
}

function countedByGroup(troubles: readonly { readonly group: string }[]): { value: number; labels: { group: string } }[] {
  const counts = new Map<string, number>();
  for (const { group } of troubles) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts].map(([group, value]) => ({ value, labels: { group } }));
}

/** What is looked at of an event store; `EventStore` of libs/event-store is one. */
interface LookedAtStore { append(batch: readonly never[], lane?: never): Promise<readonly { readonly status: string }[]> }

/** An event store with a span and figures around each append. */
export function observedStore<Store extends LookedAtStore>(store: Store, metrics: Metrics): Store {
  const append = observedAppend((batch: readonly unknown[], lane?: unknown) =>
    store.append(batch as readonly never[], lane as never), metrics);
  return inFront<Store, LookedAtStore>(store, { append: append as LookedAtStore['append'] });
}
