import type { IncomingMessage } from './port.ts';

/** Opaque id of a dead letter: a number in decimal text. */
export type DeadLetterId = `${number}`;

/** A message that failed deterministically and waits for an operator, with all later messages of its key behind it. */
export interface DeadLetter {
  /** What `replay` takes. */
  readonly id: DeadLetterId;
  /** `<topic>.<group>.dlq` */
  readonly queue: string;
  readonly group: string;
  /** As it was delivered: topic, partition, offset, headers and value. */
  readonly message: IncomingMessage;
  readonly code: string;
  readonly detail: string;
  /** How often it was handed over and failed. */
  readonly attempts: number;
  /** Last failure, in milliseconds. */
  readonly failedAt: number;
  /** Later messages of the same key that wait behind it. */
  readonly waiting: number;
  /** Asked for and not done yet. */
  readonly replaying: boolean;
}

/** What an operator does about dead letters (`trebol dlq`). */
export interface DeadLetters {
  /** Oldest first, at most 1 000. */
  list(group: string): Promise<readonly DeadLetter[]>;
  /**
   * Asks the group's consumers, in whatever process they run, to take the failed message and then those waiting behind it
   * once more, in order.
   * When all pass, the key is free again; a new failure is recorded in its place. Returns how many dead letters were found.
   */
  replay(group: string, which: DeadLetterId | 'all'): Promise<number>;
}

export const queueName = (topic: string, group: string): string => `${topic}.${group}.dlq`;
