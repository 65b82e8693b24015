import { type Language, renderStep } from '@trebol/contracts';
import type { Outcome, WalletBalance } from '@trebol/points';
import { ticketReasons } from '../reasons.ts';
import type { TicketReading } from './read-ticket.ts';
import { reasonOf, type Said, type SaidOfType } from './said.ts';
import type { OtherPointsAnswer, TicketAnswer, TicketPoints } from './ticket-answer.ts';

type Standing = Pick<TicketAnswer, 'status' | 'reason' | 'reasonPointer' | 'reasonText'>;

interface AnswerContext {
  readonly said: Said;
  readonly language: Language;
  /** Milliseconds. */
  readonly now: number;
}

/** No wallet was asked. */
export const UNASKED: Said = { currency: undefined, others: [] };

export const wasAsked = ({ currency, others }: Said): boolean => currency !== undefined || others.length > 0;

/** Renders a ticket as it stands, with what its wallets answered where they were asked. */
export function answerOf(reading: TicketReading, context: AnswerContext): TicketAnswer {
  const { said: { currency }, language, now } = context;
  return {
    transactionKey: reading.key,
    memberId: reading.memberId ?? null,
    points: pointsOf(reading, context),
    ...(currency === undefined || currency.status === 'unknown' ? { balance: null } : balanceOf(currency, now)),
    ...othersOf(reading, context),
    ...standingOf(reading, context),
    explanation: reading.steps.map((step) => ({ ...step, text: renderStep(step, language) })),
  };
}

/** Where the ticket stands: posted when all its wallets have it, and why not. */
function standingOf(reading: TicketReading, { said, language }: AnswerContext): Standing {
  const notPosted = wasAsked(said) ? reasonOf(said) : undefined;
  if (wasAsked(said) && notPosted === undefined) return { status: reading.status === 'rated' ? 'posted' : reading.status };
  const reason = reading.reason ?? reading.notPosted ?? notPosted;
  const { status } = reading;
  return reason === undefined ? { status } : { status, reason, ...pointerOf(reading), reasonText: ticketReasons[reason][language] };
}

/** A balance says of which revision and when it is, beside it as everywhere. */
export const balanceOf = (
  { balance, revision }: { readonly balance: WalletBalance; readonly revision: number }, asOf: number,
): Pick<TicketAnswer, 'balance' | 'revision' | 'asOf'> => ({ balance, revision, asOf: new Date(asOf).toISOString() });

function pointsOf(reading: TicketReading, { said: { currency }, now }: AnswerContext): TicketPoints {
  const { debtRepaid, feeRecovered } = currency?.status === 'accepted' ? currency.effect : { debtRepaid: 0, feeRecovered: 0 };
  const pending = reading.awarded.reduce((sum, lot) => (lot.availableFrom > now ? sum + lot.points : sum), 0);
  const [earned, reversed] = reading.type === 'sale' ? [reading.points, 0] : [0, reading.points];
  return { earned, reversed, pending, debtRepaid, feeRecovered };
}

/** What the ticket gave or took back of each other type, where there is any. */
function othersOf({ type, others: moved }: TicketReading, { said, now }: AnswerContext): { readonly others?: OtherPointsAnswer[] } {
  if (moved.length === 0) return {};
  const others = [...Map.groupBy(moved, ({ pointType }) => pointType)].map(([pointType, lots]) => {
    const points = lots.reduce((sum, lot) => sum + lot.points, 0);
    const pending = lots.reduce((sum, lot) => ((lot.availableFrom ?? 0) > now ? sum + lot.points : sum), 0);
    const [earned, reversed] = type === 'sale' ? [points, 0] : [0, points];
    return { pointType, earned, reversed, pending, ...saidOfType(said.others, pointType) };
  });
  return { others };
}

function saidOfType(others: readonly SaidOfType[], pointType: string): { readonly debtRepaid: number; readonly balance: WalletBalance | null } {
  const outcome: Outcome | undefined = others.find((said) => said.pointType === pointType)?.outcome;
  return {
    debtRepaid: outcome?.status === 'accepted' ? outcome.effect.debtRepaid : 0,
    balance: outcome === undefined || outcome.status === 'unknown' ? null : outcome.balance,
  };
}

const pointerOf = ({ pointer }: TicketReading): { reasonPointer?: string } => (pointer === undefined ? {} : { reasonPointer: pointer });
