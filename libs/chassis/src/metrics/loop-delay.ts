/** Length of a window of the event loop's delays, in milliseconds; it ends with the first look after that. */
const WINDOW_MS = 10_000;
/** How long a window that has ended is still told, in milliseconds: everybody who looks once a minute or more often meets each. */
const TOLD_MS = 60_000;
const NANOSECONDS_PER_MS = 1e6;

/** What Node measures, in nanoseconds. */
interface Delays {
  readonly count: number;
  percentile(of: number): number;
  reset(): void;
}

/**
 * Delay of the event loop, 99th percentile of the worst ten seconds of the last minute. Whoever looks ends no window for anybody else:
 * Prometheus and an exporter of their own rhythm see the same stall.
 */
export class LoopDelay {
  private windows: { readonly endedMs: number; readonly delayMs: number }[] = [];
  private beganMs: number;

  /** `resolutionMs`: what each look at the loop lasts by itself; it is no delay. */
  constructor(private readonly delays: Delays, private readonly options: { readonly resolutionMs: number; readonly now: () => number }) {
    this.beganMs = options.now();
  }

  /** Seconds; 0 where nothing was measured. */
  seconds(): number {
    const nowMs = this.options.now();
    const running = this.delayMs();
    if (nowMs - this.beganMs >= WINDOW_MS) {
      this.windows.push({ endedMs: nowMs, delayMs: running });
      this.delays.reset();
      this.beganMs = nowMs;
    }
    this.windows = this.windows.filter(({ endedMs }) => nowMs - endedMs <= TOLD_MS);
    return Math.max(running, ...this.windows.map(({ delayMs }) => delayMs)) / 1000;
  }

  private delayMs(): number {
    if (this.delays.count === 0) return 0;
    return Math.max(0, this.delays.percentile(99) / NANOSECONDS_PER_MS - this.options.resolutionMs);
  }
}
