import { day, explanationStep, instant, memberId, points, ticketStatus } from '@trebol/contracts';
import type { WalletBalance } from '@trebol/points';
import { z } from 'zod';
import { type CorrectionFaultCode, type NotPostedCode, ticketReasons } from '../reasons.ts';

/** Points of a ticket. `pending` is the part of `earned` that may not be spent yet; the rest went to debt or a fee where it says so. */
const ticketPoints = z.strictObject({ earned: points, reversed: points, pending: points, debtRepaid: points, feeRecovered: points });
export type TicketPoints = Readonly<z.output<typeof ticketPoints>>;

const balance = z.strictObject({
  available: points, pending: points, held: points, debt: points, feeDue: points,
  expiring: z.array(z.strictObject({ validThrough: day, points })).readonly(),
}) satisfies z.ZodType<WalletBalance>;

/** What a ticket gave or took back of a type beside the currency. */
const otherPoints = z.strictObject({
  pointType: z.string(), earned: points, reversed: points, pending: points, debtRepaid: points,
  /** Of the wallet of that type; null when it was not asked, or did not answer. */
  balance: balance.readonly().nullable(),
});
export type OtherPointsAnswer = Readonly<z.output<typeof otherPoints>>;

const reason = z.enum(Object.keys(ticketReasons) as (CorrectionFaultCode | NotPostedCode)[]);

const text = { text: z.string().describe('the step as a sentence in the reader\'s language') };
const [perAmount, returned, notApplied, notGiven] = explanationStep.options;
const toldStep = z.discriminatedUnion('kind', [perAmount.extend(text), returned.extend(text), notApplied.extend(text), notGiven.extend(text)]);

/** What a till, a member or an auditor is told of a ticket. */
export const ticketAnswer = z.strictObject({
  transactionKey: z.string(),
  status: ticketStatus,
  memberId: memberId.nullable(),
  points: ticketPoints.readonly().describe(
    'of the ticket, the same however often it is sent; `debtRepaid` and `feeRecovered` are what the wallet did with them, 0 where it was only read',
  ),
  balance: balance.readonly().nullable().describe('the member\'s, as of `asOf`: now, not when the ticket was first taken; null without member'),
  /** Points of the programme's other types; absent when the ticket gave and took none. */
  others: z.array(otherPoints.readonly()).readonly().optional(),
  revision: z.int().min(0).optional().describe('of the balance; absent where there is none'),
  asOf: instant.optional(),
  /** Why a ticket was rejected, or is decided and not in the wallet. */
  reason: reason.optional(),
  /** The field of the ticket that the reason is about. */
  reasonPointer: z.string().optional(),
  /** The reason in the reader's language. */
  reasonText: z.string().optional(),
  explanation: z.array(toldStep).readonly().describe('of the ticket, the same however often it is sent'),
}).readonly();
export type TicketAnswer = z.output<typeof ticketAnswer>;

/** A row's problem: that of a whole request without its trace. */
const rowProblem = z.looseObject({
  type: z.string(), title: z.string(), status: z.int(), detail: z.string(), code: z.string(),
  errors: z.array(z.strictObject({ pointer: z.string(), message: z.string() })).optional(),
});

const index = z.int().min(0).describe('the ticket\'s place in the request, from 0');

/** Answer of a batch: what each ticket came to, in the order they were sent. */
export const batchAnswer = z.strictObject({
  results: z.array(z.union([
    z.strictObject({ index, problem: rowProblem }),
    ticketAnswer.unwrap().extend({ index, replayed: z.boolean().describe('it was here before') }),
  ])),
});
