import { type Ticket, ticket as ticketSchema } from '@trebol/contracts';
import { type DecodedMessage, decodeMessages, type MessageBatch, type MessageFailure } from '@trebol/messaging';
import { ticketFaults } from '../reasons.ts';
import type { TakeBatches } from '../taking.ts';

/** Tickets from the bus: `trebol.pos.ticket.v1`, the same steps as every other way in. */
export class TakeTopic {
  constructor(private readonly batches: TakeBatches) {}

  /**
   * Takes the tickets of a batch in one transaction per tenant and posts them; nothing more is needed before the offset moves. What
   * was here before changes nothing, so a topic may be read again from its beginning. Failures: what is no ticket, and tickets that
   * cannot be ours (an unknown store, another currency, …), each with its code. Other content under a known key is quarantined and a
   * return that is rejected is kept, as everywhere: both are on record and need no dead letter.
   */
  async apply(batch: MessageBatch): Promise<readonly MessageFailure[]> {
    const { decoded, failures } = decodeMessages<Ticket>(batch, ticketSchema);
    const refused: MessageFailure[] = [];
    for (const [tenant, messages] of Map.groupBy(decoded, ({ message }) => message.tenant)) {
      refused.push(...await this.takeTenant(tenant, messages));
    }
    return [...failures, ...refused];
  }

  private async takeTenant(tenant: string, messages: readonly DecodedMessage<Ticket>[]): Promise<readonly MessageFailure[]> {
    const taken = await this.batches.takeAll(tenant, messages.map(({ value }) => value));
    return messages.flatMap(({ message }, index): MessageFailure[] => {
      const one = taken[index];
      if (one?.status !== 'refused') return [];
      const detail = one.faults.map(({ pointer, code }) => `${pointer} of ${one.key}: ${ticketFaults[code].en}`).join(' ');
      return [{ message, code: one.faults[0].code, detail }];
    });
  }
}
