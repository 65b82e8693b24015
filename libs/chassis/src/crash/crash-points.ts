import { inFront } from '../process/in-front.ts';
import { watchWire } from './watch-wire.ts';

/**
 * Instants at which a process may die and leave the most behind, in the order of the hops (`docs/flow.md`). They are reached by
 * wrapping the ports where a process is composed, and by watching its connections to PostgreSQL, so that no service knows of them.
 *
 * - `after-rate`: rated and durable, nothing posted yet.
 * - `mid-append`, `after-append`: an append is under way; it has its answer and nobody has acted on it.
 * - `mid-copy`: half of a COPY's first bytes are with PostgreSQL.
 * - `after-commit`: a transaction that wrote is committed and its acknowledgement is not acted on.
 * - `mid-publish`, `after-publish`: the same of the bus. `before-offset`: a batch is handled and its offset has not moved.
 */
export const CRASH_POINTS = [
  'after-rate', 'mid-append', 'mid-copy', 'after-append', 'after-commit', 'mid-publish', 'after-publish', 'before-offset',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];

/**
 * Where a test wants this process to die: at the n-th time the point is reached; `armed`: not counted before SIGUSR2 comes, so that a
 * test can prepare the process first.
 */
export interface CrashPlan { readonly point: CrashPoint; readonly occurrence: number; readonly armed: boolean }

const ARMED = '@SIGUSR2';

/** Reads `after-append`, `after-append:3`, `after-append:3@SIGUSR2`. Throws for anything else: a typo must not pass for a run without a crash. */
export function parseCrashPlan(text: string): CrashPlan {
  const armed = text.endsWith(ARMED);
  const [name, count = '1'] = (armed ? text.slice(0, -ARMED.length) : text).split(':');
  const point = CRASH_POINTS.find((candidate) => candidate === name);
  const occurrence = Number(count);
  if (!point || !Number.isInteger(occurrence) || occurrence < 1) {
    throw new RangeError(`${text}: ${CRASH_POINTS.join(', ')}, with :n for the n-th time and ${ARMED} for after that signal`);
  }
  return { point, occurrence, armed };
}

/** What a crash can be set into: `EventStore` of libs/event-store, `MessageBus` of libs/messaging, `PointsLedger` of libs/points. */
interface CrashableStore { append(batch: readonly never[], lane?: never): Promise<unknown> }
interface CrashableBus { publish(messages: readonly never[]): Promise<void>; consume(subscription: never): Promise<unknown> }
interface CrashableLedger { handleMany(commands: readonly never[]): Promise<unknown> }
interface CrashableSubscription { readonly handle: (batch: never) => Promise<unknown> }

/** Puts a planned crash into the ports of a process; without a plan each is what it was. */
export interface Crashing {
  store<Store extends CrashableStore>(store: Store): Store;
  bus<Bus extends CrashableBus>(bus: Bus): Bus;
  ledger<Ledger extends CrashableLedger>(ledger: Ledger): Ledger;
}

const NO_CRASH: Crashing = { store: (store) => store, bus: (bus) => bus, ledger: (ledger) => ledger };

/** Ends this process as a power cut would: nothing is tidied up. */
const killSelf = (): void => { process.kill(process.pid, 'SIGKILL'); };

/** The planned crash of this process, for tests; nothing is wrapped or watched without a plan. */
export function plannedCrash(plan: CrashPlan | undefined, die = killSelf): Crashing {
  if (plan === undefined) return NO_CRASH;
  const fuse = new Fuse(plan, die);
  if (plan.armed) process.once('SIGUSR2', () => { fuse.arm(); });
  if (plan.point === 'mid-copy' || plan.point === 'after-commit') watchWire(fuse);
  return new Crash(fuse);
}

/** Counts how often a point is reached and ends the process when it is the planned time. */
export class Fuse {
  private reached = 0;
  private counting: boolean;
  constructor(private readonly plan: CrashPlan, readonly die: () => void) { this.counting = !plan.armed; }

  arm(): void { this.counting = true; }

  /** Whether this is the time. */
  due(point: CrashPoint): boolean {
    if (point !== this.plan.point || !this.counting) return false;
    this.reached += 1;
    return this.reached === this.plan.occurrence;
  }

  at(point: CrashPoint): void { if (this.due(point)) this.die(); }

  /** Lets work begin and strikes while it is under way. */
  async during<T>(point: CrashPoint, work: Promise<T>): Promise<T> {
    await new Promise((done) => { setImmediate(done); });
    this.at(point);
    return work;
  }
}

class Crash implements Crashing {
  constructor(private readonly fuse: Fuse) {}

  store<Store extends CrashableStore>(store: Store): Store {
    return inFront<Store, CrashableStore>(store, {
      append: async (batch, lane) => {
        const outcomes = await this.fuse.during('mid-append', store.append(batch, lane));
        this.fuse.at('after-append');
        return outcomes;
      },
    });
  }

  bus<Bus extends CrashableBus>(bus: Bus): Bus {
    const consume = (subscription: CrashableSubscription): Promise<unknown> => bus.consume({
      ...subscription,
      handle: async (batch: never) => {
        const failures = await subscription.handle(batch);
        this.fuse.at('before-offset');
        return failures;
      },
    } as never);
    return inFront<Bus, CrashableBus>(bus, {
      publish: async (messages) => {
        await this.fuse.during('mid-publish', bus.publish(messages));
        this.fuse.at('after-publish');
      },
      consume: consume as CrashableBus['consume'],
    });
  }

  ledger<Ledger extends CrashableLedger>(ledger: Ledger): Ledger {
    return inFront<Ledger, CrashableLedger>(ledger, {
      handleMany: (commands) => {
        this.fuse.at('after-rate');
        return ledger.handleMany(commands);
      },
    });
  }
}
