import { type Language, renderStep } from '@trebol/contracts';
import type { Outcome, WalletBalance } from '@trebol/points';
import { type CorrectionFaultCode, type NotPostedCode, ticketReasons } from '../reasons.ts';
import { reasonOf } from './post-batch.ts';
import type { TicketReading } from './read-ticket.ts';
import type { TicketAnswer, TicketPoints } from './ticket-answer.ts';

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
