import type { BatchHandler, IncomingMessage, MessageBatch, MessageBus, OutgoingMessage, Running } from '../port.ts';
import type { DeadLetters } from '../dead-letters.ts';

export type BusWithDeadLetters = MessageBus & { readonly deadLetters: DeadLetters };

/** One installation of a bus, made for a run of the suite. */
export interface BusUnderTest {
  /** A further process on the same installation. */
  open(): Promise<BusWithDeadLetters>;
  /** Removes the installation; all buses are closed by then. */
  drop(): Promise<void>;
}

/** Every test has a topic of its own; an adapter makes them all beforehand. */
export const CONTRACT_TOPICS = Array.from({ length: 32 }, (_, n) => (
  { name: `contract.test-${n}.v1`, partitions: 4, retention: { days: 1 }, dataSchema: `urn:contract:test-${n}` }));

/** What a consumer was given, in order of arrival. */
export interface Consumer extends Running {
  readonly batches: readonly MessageBatch[];
  readonly messages: readonly IncomingMessage[];
}

/** The topic, groups and processes of one test. */
export class Scene {
  readonly topic: string;
  /** The group of this test where it does not say otherwise. */
  readonly group: string;
  readonly #installation: BusUnderTest;
  readonly #buses: BusWithDeadLetters[] = [];
  #published = 0;

  constructor(installation: BusUnderTest, topic: string) {
    this.#installation = installation;
    this.topic = topic;
    this.group = `${topic}.reader`;
  }

  async process(): Promise<BusWithDeadLetters> {
    const bus = await this.#installation.open();
    this.#buses.push(bus);
    return bus;
  }

  message(key: string, extra: Partial<OutgoingMessage> = {}): OutgoingMessage {
    this.#published += 1;
    const n = this.#published;
    return { topic: this.topic, key, id: `m-${n}`, tenant: 'main', time: 1_767_225_600_000 + n, value: JSON.stringify({ n }), ...extra };
  }

  /** Messages with the given keys, in that order. */
  messages(keys: readonly string[]): OutgoingMessage[] {
    return keys.map((key) => this.message(key));
  }

  async consume(
    bus: MessageBus, { group = this.group, batchMax = 100, handle }: { group?: string; batchMax?: number; handle?: BatchHandler } = {},
  ): Promise<Consumer> {
    const batches: MessageBatch[] = [];
    const running = await bus.consume({
      topics: [this.topic], group, batchMax,
      handle: async (batch) => {
        batches.push(batch);
        return await handle?.(batch);
      },
    });
    return {
      batches,
      get messages() { return batches.flatMap((batch) => batch.messages); },
      stop: () => running.stop(),
      lag: () => running.lag(),
    };
  }

  async end(): Promise<void> {
    await Promise.all(this.#buses.map((bus) => bus.close()));
  }
}

export const idsOf = (messages: readonly { readonly id: string }[]): string[] => messages.map((message) => message.id);

/** Ids of each key in the order of first arrival. */
export function idsByKey(messages: readonly { readonly key: string; readonly id: string }[]): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const { key, id } of messages) {
    const ids = result[key] ??= [];
    if (!ids.includes(id)) ids.push(id);
  }
  return result;
}

/** A promise that somebody else fulfils. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}
