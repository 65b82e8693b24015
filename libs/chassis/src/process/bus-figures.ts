import type { Metrics } from '../metrics/metrics.ts';
import { inFront } from './in-front.ts';

/** Dead letters are looked for at most once in this time, in milliseconds: a broker has to be read for them, and an operator comes in minutes. */
const DEAD_LETTERS_MS = 30_000;

interface Trouble { readonly group: string }
interface Letter { readonly message: { readonly topic: string } }

/** What is asked of a bus; `OpenedBus` of libs/messaging is one. */
export interface AskedBus {
  /** Groups whose batch keeps failing. */
  troubles?(): readonly Trouble[];
  readonly deadLetters?: { list(group: string): Promise<readonly Letter[]> };
}

/** A consumer at work; `Running` of libs/messaging is one. */
interface Consumer { lag(): Promise<number>; stop(): Promise<void> }

interface Subscription { readonly group: string; readonly topics: readonly string[] }

/** Gauges of the consumers of this process: what waits for them, what was put aside, which partitions stand still. */
export class BusFigures {
  private readonly consumers = new Map<Consumer, Subscription>();
  private letters: { readonly counted: Promise<readonly DeadLetterReading[]>; readonly untilMs: number } | undefined;

  constructor(private readonly bus: AskedBus, metrics: Metrics) {
    metrics.gauge('trebol_bus_stalled_partitions', () =>
      [...countBy(bus.troubles?.() ?? [], ({ group }) => group)].map(([group, value]) => ({ value, labels: { group } })));
    metrics.gauge('trebol_bus_lag_messages', () => this.lags());
    metrics.gauge('trebol_bus_dead_letters', () => this.deadLetters());
  }

  /** Counts a consumer in until it is stopped. */
  watched<Running>(subscription: Subscription, running: Running): Running {
    if (!isConsumer(running)) return running;
    this.consumers.set(running, subscription);
    return inFront<Running & Consumer, Consumer>(running, {
      stop: async () => {
        this.consumers.delete(running);
        await running.stop();
      },
    });
  }

  private async lags(): Promise<{ value: number; labels: { group: string } }[]> {
    const lags = new Map<string, number>();
    await Promise.all([...this.consumers].map(async ([consumer, { group }]) => {
      const lag = await consumer.lag();
      lags.set(group, (lags.get(group) ?? 0) + lag);
    }));
    return [...lags].map(([group, value]) => ({ value, labels: { group } }));
  }

  private deadLetters(): Promise<readonly DeadLetterReading[]> {
    const nowMs = performance.now();
    if (this.letters === undefined || this.letters.untilMs <= nowMs) {
      this.letters = { counted: this.countLetters(), untilMs: nowMs + DEAD_LETTERS_MS };
    }
    return this.letters.counted;
  }

  /** 0 is said too, so that an alert ends. As many as a bus lists: 1,000 of a group. */
  private async countLetters(): Promise<readonly DeadLetterReading[]> {
    const { deadLetters } = this.bus;
    if (deadLetters === undefined) return [];
    const topicsOf = new Map<string, Set<string>>();
    for (const { group, topics } of this.consumers.values()) topicsOf.set(group, new Set([...topicsOf.get(group) ?? [], ...topics]));
    const read = await Promise.all([...topicsOf].map(async ([group, topics]) => {
      const counted = countBy(await deadLetters.list(group), ({ message }) => message.topic);
      return [...topics].map((topic) => ({ value: counted.get(topic) ?? 0, labels: { topic, group } }));
    }));
    return read.flat();
  }
}

interface DeadLetterReading { readonly value: number; readonly labels: { readonly topic: string; readonly group: string } }

const isConsumer = (running: unknown): running is Consumer =>
  typeof running === 'object' && running !== null && 'lag' in running && 'stop' in running;

function countBy<Item>(items: readonly Item[], nameOf: (item: Item) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(nameOf(item), (counts.get(nameOf(item)) ?? 0) + 1);
  return counts;
}
