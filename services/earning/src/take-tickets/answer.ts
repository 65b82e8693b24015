import { type Explanation, type Language, renderStep, type TicketStatus } from '@trebol/contracts';
import type { Outcome, WalletBalance } from '@trebol/points';
import { type CorrectionFaultCode, type NotPostedCode, ticketReasons } from '../reasons.ts';
import { reasonOf } from './post-batch.ts';
import type { TicketReading } from './read-ticket.ts';

/** Points of a ticket. `pending` is the part of `earned` that may not be spent yet; the rest went to debt or a fee where it says so. */
export interface TicketPoints {
  readonly earned: number;
  readonly reversed: number;
  readonly pending: number;
  readonly debtRepaid: number;
  readonly feeRecovered: number;
}

/** What a till, a member or an auditor is told of a ticket. */
export interface TicketAnswer {
  readonly transactionKey: string;
  readonly status: TicketStatus;
  readonly memberId: string | null;
  readonly points: TicketPoints;
  readonly balance: WalletBalance | null;
  /** Of the balance; absent where there is none. */
  readonly revision?: number;
  readonly asOf?: string;
  /** Why a ticket was rejected, or is decided and not in the wallet. */
  readonly reason?: CorrectionFaultCode | NotPostedCode;
  /** The field of the ticket that the reason is about. */
  readonly reasonPointer?: string;
  /** The reason in the reader's language. */
  readonly reasonText?: string;
  /** Each step with its sentence in the reader's language. */
  readonly explanation: readonly (Explanation[number] & { readonly text: string })[];
}

interface AnswerContext {
  readonly outcome: Outcome | undefined;
  readonly language: Language;
  /** Milliseconds. */
  readonly now: number;
}

/** Renders a ticket as it stands, with the wallet's answer where it was asked. */
export function answerOf(reading: TicketReading, context: AnswerContext): TicketAnswer {
  const { outcome, language, now } = context;
  const accepted = outcome?.status === 'accepted';
  const reason = accepted ? undefined : reasonToShow(reading, outcome);
  return {
    transactionKey: reading.key,
    status: accepted && reading.status === 'rated' ? 'posted' : reading.status,
    memberId: reading.memberId ?? null,
    points: pointsOf(reading, context),
    ...(outcome === undefined || outcome.status === 'unknown' ? { balance: null } : balanceOf(outcome, now)),
    ...(reason === undefined ? {} : { reason, ...pointerOf(reading), reasonText: ticketReasons[reason][language] }),
    explanation: reading.steps.map((step) => ({ ...step, text: renderStep(step, language) })),
  };
}

/** A balance says of which revision and when it is, beside it as everywhere. */
export const balanceOf = (
  { balance, revision }: { readonly balance: WalletBalance; readonly revision: number }, asOf: number,
): Pick<TicketAnswer, 'balance' | 'revision' | 'asOf'> => ({ balance, revision, asOf: new Date(asOf).toISOString() });

function pointsOf(reading: TicketReading, { outcome, now }: AnswerContext): TicketPoints {
  const { debtRepaid, feeRecovered } = outcome?.status === 'accepted' ? outcome.effect : { debtRepaid: 0, feeRecovered: 0 };
  const pending = reading.awarded.reduce((sum, lot) => (lot.availableFrom > now ? sum + lot.points : sum), 0);
  const [earned, reversed] = reading.type === 'sale' ? [reading.points, 0] : [0, reading.points];
  return { earned, reversed, pending, debtRepaid, feeRecovered };
}

const pointerOf = ({ pointer }: TicketReading): { reasonPointer?: string } => (pointer === undefined ? {} : { reasonPointer: pointer });

const reasonToShow = (reading: TicketReading, outcome: Outcome | undefined): CorrectionFaultCode | NotPostedCode | undefined =>
  reading.reason ?? reading.notPosted ?? (outcome ? reasonOf(outcome) : undefined);
