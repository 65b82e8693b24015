import type { ArgumentMetadata } from '@nestjs/common';
import { jsonPointer, Problem, ValidatedPipe } from '@trebol/chassis';
import { fieldMessages, inSpanish, type Language, type Ticket, ticket as ticketSchema } from '@trebol/contracts';
import type { Sentence } from './reasons.ts';

/** One objection to what should be a ticket. */
export interface TicketError {
  /** JSON pointer; of an unknown field it names the field. */
  readonly pointer: string;
  readonly message: Sentence;
  /** A field that tickets do not have. */
  readonly unknown: boolean;
}

/** Objections told of one ticket; nobody reads more. */
const ERRORS_MAX = 100;

/** What is wrong with a value that is no ticket, in both languages; nothing when it is one. */
export function ticketErrors(value: unknown): readonly TicketError[] {
  const spanish = objections(value, 'es');
  return objections(value, 'en').map(({ pointer, message, unknown }, index) =>
    ({ pointer, unknown, message: { en: message, es: inSpanish(spanish[index]?.message ?? message) } }));
}

function objections(value: unknown, language: Language): readonly { pointer: string; message: string; unknown: boolean }[] {
  const { error } = ticketSchema.safeParse(value, { error: fieldMessages[language] });
  return (error?.issues ?? []).flatMap((issue) => {
    const { message } = issue;
    return issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ pointer: jsonPointer([...issue.path, key]), message, unknown: true }))
      : [{ pointer: jsonPointer(issue.path), message, unknown: false }];
  }).slice(0, ERRORS_MAX);
}

/** `@Body(ticketBody)`: a ticket, or `invalidRequest` with every objection in the caller's language. */
class TicketPipe extends ValidatedPipe<typeof ticketSchema> {
  override transform(value: unknown, metadata: ArgumentMetadata): Ticket {
    try {
      return super.transform(value, metadata);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'invalidRequest') throw error;
      throw new Problem('invalidRequest', { errors: ticketErrors(value).map(({ pointer, message }) => ({ pointer, message })) });
    }
  }
}

export const ticketBody = new TicketPipe(ticketSchema);
