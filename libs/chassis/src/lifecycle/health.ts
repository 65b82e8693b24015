import type { Clock } from '@trebol/contracts';

/** A readiness check that has not answered by then has failed: probes time out soon after. */
const CHECK_MILLISECONDS_MAX = 2_000;

/** Resolves when what it looks at can be used; anything thrown means it cannot. */
export type ReadinessCheck = () => Promise<unknown>;

/** What a probe is told. */
export interface HealthReport {
  readonly status: 'ok' | 'unavailable';
  readonly checks?: Readonly<Record<string, 'ok' | 'failing'>>;
}

/** State behind /livez, /readyz and /startupz. */
export class Health {
  readonly #clock: Clock;
  readonly #checks = new Map<string, ReadinessCheck>();
  #state: 'starting' | 'serving' | 'stopping' = 'starting';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a check to /readyz, for instance `SELECT 1` on a pool. Names are unique. */
  registerReadiness(name: string, check: ReadinessCheck): void {
    if (this.#checks.has(name)) throw new Error(`the readiness check ${name} is registered twice`);
    this.#checks.set(name, check);
  }

  markStarted(): void {
    if (this.#state === 'starting') this.#state = 'serving';
  }

  /** From here on /readyz answers 503, so that no new work is sent here. */
  markStopping(): void {
    this.#state = 'stopping';
  }

  get started(): boolean {
    return this.#state !== 'starting';
  }

  get stopping(): boolean {
    return this.#state === 'stopping';
  }

  /** Ready: started, not stopping, and every check passes within two seconds. */
  async readiness(): Promise<HealthReport> {
    const names = [...this.#checks.keys()];
    const passed = await Promise.all([...this.#checks.values()].map((check) => this.#passes(check)));
    const checks = Object.fromEntries(names.map((name, index) => [name, passed[index] === true ? 'ok' as const : 'failing' as const]));
    const ready = this.#state === 'serving' && passed.every(Boolean);
    return { status: ready ? 'ok' : 'unavailable', checks };
  }

  async #passes(check: ReadinessCheck): Promise<boolean> {
    const over = new AbortController();
    try {
      return await Promise.race([check().then(() => true), this.#clock.sleep(CHECK_MILLISECONDS_MAX, over.signal).then(() => false)]);
    } catch {
      return false;
    } finally {
      over.abort();
    }
  }
}
