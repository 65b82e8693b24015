import type { Clock } from '@trebol/contracts';

/**
 * Milliseconds somebody at a till waits for a fact that is on its way over the bus: mostly it is there after a few tens, and this much
 * more is not noticed beside the scan itself.
 */
export const ARRIVAL_WAIT_MS = 250;
/** Waits at once in one process. Beyond it nobody waits: then the bus is behind for all, and waiting only holds requests. */
export const ARRIVALS_WAITING_MAX = 500;

/** What is waited for: a name within a tenant. */
export interface AwaitedArrival { readonly tenant: string; readonly name: string }

/**
 * Lets a request that finds nothing wait a moment for the consumer of the same process to bring it, and look again. Nothing is promised: what
 * another process consumes, or what takes longer, is seen by the second look or not at all. The head of the bus is not asked, because a
 * fact that was just committed may not be on the bus yet.
 */
export class Arrivals {
  readonly #clock: Clock;
  readonly #waitMs: number;
  readonly #waiting = new Map<string, Set<AbortController>>();
  #count = 0;

  /** `waitMs` 0: nobody waits. */
  constructor(clock: Clock, waitMs = ARRIVAL_WAIT_MS) {
    this.#clock = clock;
    this.#waitMs = waitMs;
  }

  /** Told by the consumer, after its effect is durable. */
  arrived(tenant: string, names: Iterable<string>): void {
    if (this.#count === 0) return;
    for (const name of names) for (const waiting of this.#waiting.get(`${tenant}\n${name}`) ?? []) waiting.abort();
  }

  /** What `look` finds now, else what it finds once `name` has arrived or the time is over. */
  async lookAgain<Found>({ tenant, name }: AwaitedArrival, look: () => Promise<Found | undefined>): Promise<Found | undefined> {
    if (this.#waitMs === 0 || this.#count >= ARRIVALS_WAITING_MAX) return look();
    const slot = `${tenant}\n${name}`;
    const arrival = this.#expect(slot);
    try {
      const found = await look(); // after it is expected: what arrives during the look is not missed
      if (found !== undefined) return found;
      await this.#clock.sleep(this.#waitMs, arrival.signal);
      return await look();
    } finally {
      this.#forget(slot, arrival);
    }
  }

  #expect(slot: string): AbortController {
    const arrival = new AbortController();
    const others = this.#waiting.get(slot) ?? new Set();
    this.#waiting.set(slot, others.add(arrival));
    this.#count += 1;
    return arrival;
  }

  #forget(slot: string, arrival: AbortController): void {
    const others = this.#waiting.get(slot);
    others?.delete(arrival);
    if (others?.size === 0) this.#waiting.delete(slot);
    this.#count -= 1;
  }
}
