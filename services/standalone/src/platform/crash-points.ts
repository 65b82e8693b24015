import { inFront } from '@trebol/chassis';
import type { EventStore } from '@trebol/event-store';
import type { MessageBus } from '@trebol/messaging';
import type { PointsLedger } from '@trebol/points';

/**
 * Instants at which a process may die and leave the most behind, in the order of the hops (`docs/flow.md`).
 * They are reached by wrapping the ports where the platform is composed, so that no service knows of them.
 */
export const CRASH_POINTS = [
  'after-rate', 'mid-append', 'after-append', 'mid-publish', 'after-publish', 'before-offset',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

/** Where a test wants this process to die: at the n-th time the point is reached. */
export interface CrashPlan { readonly point: CrashPoint; readonly occurrence: number }

/** Reads `after-append:3`. Throws for anything else: a typo must not pass for a run without a crash. */
export function parseCrashPlan(text: string): CrashPlan {
  const [name, count = '1'] = text.split(':');
  const point = CRASH_POINTS.find((candidate) => candidate === name);
  const occurrence = Number(count);
  if (!point || !Number.isInteger(occurrence) || occurrence < 1) {
    throw new RangeError(`${text}: ${CRASH_POINTS.join(', ')}, with :n for the n-th time`);
  }
  return { point, occurrence };
}

/** The ports a crash can be set into. */
export interface CrashingPorts {
  readonly ledger: PointsLedger;
  readonly eventStore: EventStore;
  readonly bus: MessageBus;
}

/**
 * Counts how often a point is reached and ends the process, without any tidying up, when it is the planned
 * time.
 */
class Fuse {
  private reached = 0;
  constructor(private readonly plan: CrashPlan, private readonly die: () => void) {}

  at(point: CrashPoint): void {
    if (point !== this.plan.point) return;
    this.reached += 1;
    if (this.reached === this.plan.occurrence) this.die();
  }

  /** Lets work begin and strikes while it is under way. */
  async during<T>(point: CrashPoint, work: Promise<T>): Promise<T> {
    await new Promise((done) => { setImmediate(done); });
    this.at(point);
    return work;
  }
}

const killSelf = (): void => { process.kill(process.pid, 'SIGKILL'); };

/** The event store and the bus with the fuse in them. */
export function crashingStores<Store extends EventStore, Bus extends MessageBus>(
  ports: { readonly eventStore: Store; readonly bus: Bus }, plan: CrashPlan, die = killSelf,
): { readonly eventStore: Store; readonly bus: Bus; readonly ledger: (ledger: PointsLedger) => PointsLedger } {
  const fuse = new Fuse(plan, die);
  return {
    eventStore: inFront<Store, EventStore>(ports.eventStore, {
      append: async (batch, lane) => {
        const outcomes = await fuse.during('mid-append', ports.eventStore.append(batch, lane));
        fuse.at('after-append');
        return outcomes;
      },
    }),
    bus: inFront<Bus, MessageBus>(ports.bus, {
      publish: async (messages) => {
        await fuse.during('mid-publish', ports.bus.publish(messages));
        fuse.at('after-publish');
      },
      consume: (subscription) => ports.bus.consume({
        ...subscription,
        handle: async (batch) => {
          const failures = await subscription.handle(batch);
          fuse.at('before-offset');
          return failures;
        },
      }),
    }),
    ledger: (ledger) => ({
      handle: (wallet, command) => ledger.handle(wallet, command),
      wallet: (wallet, asOf) => ledger.wallet(wallet, asOf),
      handleMany: async (commands) => {
        fuse.at('after-rate');
        return ledger.handleMany(commands);
      },
    }),
  };
}
