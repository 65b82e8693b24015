import type { Clock } from '@trebol/contracts';
import type { Admin } from 'kafkajs';
import { queueName } from '../dead-letters.ts';
import type { Subscription } from '../port.ts';
import { retried, TROUBLE_ATTEMPTS, type Trouble } from '../runner/retry.ts';
import type { Assignment } from './assigner.ts';
import { KafkaClaim } from './claim.ts';
import type { Slot } from './parked-record.ts';
import type { LoadedShelf, ShelfKeeper } from './shelf-keeper.ts';

/** What is needed to know where a claim begins. */
export interface HeldParts {
  readonly admin: Admin;
  readonly shelves: ShelfKeeper;
  readonly clock: Clock;
  readonly random?: (() => number) | undefined;
  readonly onTrouble: (trouble: Trouble) => void;
}

interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** What is stored of the places of an assignment. */
interface Found {
  readonly offsets: ReadonlyMap<string, bigint>;
  readonly shelves: ReadonlyMap<string, ReadonlyMap<number, LoadedShelf>>;
}

export const slotOf = ({ topic, partition }: Place): string => `${topic}/${partition}`;

/** Offsets stored for a group, by slot; -1 where there is none yet. */
export async function storedOffsets(admin: Admin, { group, topics }: Subscription): Promise<ReadonlyMap<string, bigint>> {
  const found = await admin.fetchOffsets({ groupId: group, topics: [...new Set(topics)] });
  return new Map(found.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, offset }) => [slotOf({ topic, partition }), BigInt(offset)] as const)));
}

/** The partitions that a group gives to one of its members, through its rebalances. */
export class HeldClaims {
  readonly #parts: HeldParts;
  readonly #subscription: Subscription;
  readonly #onSettled: (claims: Iterable<KafkaClaim>) => void;
  readonly #claims = new Map<string, KafkaClaim>();
  /** The claims are those of the newest assignment, and what is stored of them was read since. */
  #isSettled = false;
  #settled: Promise<boolean> = Promise.resolve(false);
  /** Ends the settling of an older assignment. */
  #superseded = new AbortController();

  constructor(parts: HeldParts, subscription: Subscription, onSettled: (claims: Iterable<KafkaClaim>) => void) {
    this.#parts = parts;
    this.#subscription = subscription;
    this.#onSettled = onSettled;
  }

  /** Claims that may be worked on now: none while an assignment is being settled. */
  get workable(): readonly KafkaClaim[] {
    return this.#isSettled ? [...this.#claims.values()] : [];
  }

  get size(): number {
    return this.#claims.size;
  }

  /** Of all its claims, together. */
  get bufferedBytes(): number {
    return [...this.#claims.values()].reduce((sum, claim) => sum + claim.bufferedBytes, 0);
  }

  get(place: Place): KafkaClaim | undefined {
    return this.#claims.get(slotOf(place));
  }

  /** Partitions by topic. */
  owned(): Assignment {
    const owned: Assignment = {};
    for (const { topic, partition } of this.#claims.values()) (owned[topic] ??= []).push(partition);
    return owned;
  }

  queueOf({ topic, partition }: Place): Slot {
    return { queue: queueName(topic, this.#subscription.group), topic, partition };
  }

  /** Waits until the newest assignment is settled; false when it was overtaken by another one, or after that many milliseconds. */
  async settled(milliseconds: number): Promise<boolean> {
    const over = new AbortController();
    const late = this.#parts.clock.sleep(milliseconds, over.signal).then(() => false);
    const result = await Promise.race([this.#settled, late]);
    over.abort();
    return result;
  }

  /** What moved away is lost at once; what stayed or came is worked on when its state has been read. */
  assign(assignment: Assignment): void {
    this.#superseded.abort();
    this.#superseded = new AbortController();
    this.#isSettled = false;
    const here = Object.entries(assignment).flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })));
    const slots = new Set(here.map(slotOf));
    for (const [slot, claim] of this.#claims) if (!slots.has(slot)) this.#drop(claim);
    this.#settled = this.#settle(here, this.#superseded.signal);
  }

  /** Begins a claim anew where the broker has its first message. */
  renew({ topic, partition }: KafkaClaim): KafkaClaim {
    this.#drop({ topic, partition });
    const claim = new KafkaClaim({ topic, partition }, -1n);
    this.#claims.set(slotOf(claim), claim);
    return claim;
  }

  end(): void {
    this.#superseded.abort();
    for (const claim of this.#claims.values()) claim.end();
    this.#claims.clear();
  }

  #drop(place: Place): void {
    this.get(place)?.end();
    this.#claims.delete(slotOf(place));
  }

  async #settle(here: readonly Place[], signal: AbortSignal): Promise<boolean> {
    const { group, topics } = this.#subscription;
    const onFailure = (attempts: number, error: unknown): void => {
      if (attempts >= TROUBLE_ATTEMPTS) this.#parts.onTrouble({ group, topic: topics.join(','), partition: -1, attempts, error });
    };
    const read = await retried(() => this.#read(here), this.#parts, { signal, onFailure });
    if (!read.done || signal.aborted) return false;
    for (const place of here) this.#begin(place, read.value);
    this.#isSettled = true;
    this.#onSettled(this.#claims.values());
    return true;
  }

  async #read(here: readonly Place[]): Promise<Found> {
    const offsets = await storedOffsets(this.#parts.admin, this.#subscription);
    return { offsets, shelves: await this.#parts.shelves.load(here.map((place) => this.queueOf(place))) };
  }

  /**
   * A claim outlives a rebalance when the partition stays here and its stored offset is what we stored: nobody else has worked on it.
   * Else it begins anew at the stored offset.
   */
  #begin(place: Place, { offsets, shelves }: Found): void {
    const slot = slotOf(place);
    const committed = offsets.get(slot) ?? -1n;
    const known = this.#claims.get(slot);
    if (known && known.committed !== committed) this.#drop(place);
    const claim = this.#claims.get(slot) ?? new KafkaClaim(place, committed);
    this.#claims.set(slot, claim);
    const loaded = shelves.get(this.queueOf(place).queue)?.get(place.partition);
    if (loaded) claim.shelf.become(loaded.shelf);
    claim.shelfTail = loaded?.tail ?? 0n;
  }
}
