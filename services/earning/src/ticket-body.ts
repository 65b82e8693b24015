import type { Ticket, TicketLine } from '@trebol/contracts';

/** A line in its one spelling: a whole quantity is a number, a price is decimal text. */
export interface BodyLine extends Omit<TicketLine, 'unitPrice'> { readonly unitPrice?: string | undefined }

/** The stored shape of a ticket: what rating a return and telling analytics need later. `occurredAt` in milliseconds. */
export interface TicketBody extends Omit<Ticket, 'occurredAt' | 'identification' | 'lines'> {
  readonly occurredAt: number;
  readonly lines: readonly BodyLine[];
  readonly token?: string | undefined;
}
