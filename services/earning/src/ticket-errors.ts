import { fieldErrors, UNKNOWN_FIELD } from '@trebol/chassis';
import { ticket as ticketSchema } from '@trebol/contracts';
import type { Sentence } from './reasons.ts';

/** One objection to what should be a ticket. */
export interface TicketError {
  /** JSON pointer; of an unknown field it names the field. */
  readonly pointer: string;
  readonly message: Sentence;
  /** A field that tickets do not have. */
  readonly unknown: boolean;
}

/** What is wrong with a value that is no ticket, in both languages and at most 100 objections; nothing when it is one. */
export const ticketErrors = (value: unknown): readonly TicketError[] =>
  fieldErrors(ticketSchema, value, '').map(({ pointer, message }) => ({ pointer, message, unknown: message === UNKNOWN_FIELD }));
