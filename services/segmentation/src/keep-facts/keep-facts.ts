import type { MessageBatch, MessageFailure } from '@trebol/messaging';
import type { FactPosition } from '../facts.ts';
import type { FactStore } from './fact-store.ts';
import { readMembers, readTickets } from './read-messages.ts';

/**
 * Turns message batches into facts: one DuckDB transaction per batch, durable on return. Redelivery changes nothing, because facts are
 * upserted by key and version. Unreadable messages are answered as failures, the rest is applied.
 */
export class KeepFacts {
  readonly #facts: FactStore;

  constructor(facts: FactStore) {
    this.#facts = facts;
  }

  async ticketsRated(batch: MessageBatch): Promise<readonly MessageFailure[]> {
    const { facts: tickets, failures } = readTickets(batch);
    await this.#facts.apply({ tickets, position: positionAfter(batch) });
    return failures;
  }

  async membersChanged(batch: MessageBatch): Promise<readonly MessageFailure[]> {
    const { facts: members, failures } = readMembers(batch);
    await this.#facts.apply({ members, position: positionAfter(batch) });
    return failures;
  }
}

function positionAfter(batch: MessageBatch): FactPosition | undefined {
  const last = batch.messages.at(-1);
  return last && { topic: batch.topic, partition: batch.partition, offset: last.offset };
}
