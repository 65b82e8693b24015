import { Problem } from '@trebol/chassis';
import type { Language, Ticket } from '@trebol/contracts';
import type { Arrivals } from '@trebol/messaging';
import type { Outcome, PointsLedger, WalletReading } from '@trebol/points';
import { claimFaults, correctionFaults, type CorrectionFaultCode, ticketFaults } from '../reasons.ts';
import type { Taken } from '../taking.ts';
import { onConnection } from '../transaction.ts';
import '../problems.ts';
import { answerOf, balanceOf, UNASKED, wasAsked } from './answer.ts';
import type { Claim, ClaimResult, ClaimTicket } from './claim-ticket.ts';
import type { FinishBatch } from './finish-batch.ts';
import { postingOf } from './load-batch.ts';
import type { PostBatch } from './post-batch.ts';
import type { WalletKind } from './posting.ts';
import type { KeptTicket, RateBatch, RateParts } from './rate-batch.ts';
import { readTickets, shownParts, type TicketReading } from './read-ticket.ts';
import { type Said, saidOf } from './said.ts';
import { type TakeOne, TooManyWaiting } from './take-one.ts';
import type { TicketAnswer } from './ticket-answer.ts';

interface AnswerParts {
  readonly rateParts: RateParts;
  readonly rate: RateBatch;
  readonly finish: FinishBatch;
  readonly post: PostBatch;
  readonly one: TakeOne;
  readonly claims: ClaimTicket;
  readonly ledger: PointsLedger;
  readonly walletKind: WalletKind;
  /** Identifiers that are being registered while their tickets come in. */
  readonly registrations: Arrivals;
}

/** Answer to one ticket; `replayed` when it was here before. */
export interface Answered {
  readonly replayed: boolean;
  readonly answer: TicketAnswer;
}

/** Result of one row of a batch over HTTP: an answer, or why there is none. */
export type RowResult =
  | { readonly index: number; readonly replayed: boolean; readonly answer: TicketAnswer }
  | { readonly index: number; readonly problem: Problem };

/** Tickets over HTTP: takes them like any others and tells the till what came of it. */
export class AnswerTickets {
  constructor(private readonly parts: AnswerParts) {}

  /** Takes one ticket of a till. Refusals: `ticketConflict`, `ticketRejected`, `invalidRequest` with a pointer, `overloaded`. */
  async take(tenant: string, ticket: Ticket, language: Language): Promise<Answered> {
    const { taken, said } = await this.parts.one.take(tenant, ticket).catch((error: unknown): never => {
      throw error instanceof TooManyWaiting ? new Problem('overloaded') : error;
    });
    const problem = problemOf(taken);
    if (problem) throw problem;
    const reading = taken.status === 'noMember' ? await this.readWhenRegistered(tenant, ticket, taken.key) : await this.read(tenant, taken.key);
    return this.answered(tenant, { taken, said, reading }, language);
  }

  /**
   * A card that was handed over a moment ago may be on its way here. The ticket is kept by now and holds nobody up; when its card is
   * registered within the wait, it is rated by then and the till is told so.
   */
  private async readWhenRegistered(tenant: string, { identification }: Ticket, key: string): Promise<TicketReading | undefined> {
    if (!identification) return this.read(tenant, key);
    const { registrations, rateParts } = this.parts;
    let last: TicketReading | undefined;
    return await registrations.lookAgain({ tenant, name: rateParts.tokenOf(tenant, identification) }, async () => {
      last = await this.read(tenant, key);
      return last?.decision === 'noMember' ? undefined : last;
    }) ?? last;
  }

  private async read(tenant: string, key: string): Promise<TicketReading | undefined> {
    return (await readTickets(this.parts.rateParts.dataSource, tenant, [key])).get(key);
  }

  /** Takes many tickets in one transaction; one result for each, in order. */
  async takeMany(tenant: string, tickets: readonly Ticket[], language: Language): Promise<readonly RowResult[]> {
    const rated = await this.parts.rate.rate(tenant, tickets, { history: false });
    const said = await this.parts.finish.finish(rated, 'bulk');
    const readings = await readTickets(this.parts.rateParts.dataSource, tenant, [...new Set(rated.taken.map(({ key }) => key))]);
    const results: RowResult[] = [];
    for (const [index, taken] of rated.taken.entries()) {
      const problem = problemOf(taken);
      if (problem) results.push({ index, problem });
      else results.push(
        { index, ...await this.answered(tenant, { taken, said: saidOf(said, taken.key), reading: readings.get(taken.key) }, language) },
      );
    }
    return results;
  }

  /** What taking the ticket would give; nothing is written. Balance and debt are those of the wallet now. */
  async preview(tenant: string, ticket: Ticket, language: Language): Promise<TicketAnswer> {
    const { kept: [kept], taken: [taken] } = await this.parts.rate.preview(tenant, ticket);
    const problem = taken && problemOf(taken);
    if (problem) throw problem;
    if (!kept) return this.show(tenant, taken?.key ?? '', language);
    const now = this.parts.rateParts.clock.now();
    const plain = answerOf(readingOfKept(kept), { said: UNASKED, language, now });
    const { memberId } = kept.decided;
    if (memberId === undefined) return plain;
    const wallet = await this.walletOf(tenant, memberId);
    const debtRepaid = Math.min(wallet.balance.debt, plain.points.earned);
    const others = plain.others && await Promise.all(plain.others.map(async (other) => {
      const { balance } = await this.walletOf(tenant, memberId, other.pointType);
      return { ...other, balance, debtRepaid: Math.min(balance.debt, other.earned) };
    }));
    return {
      ...plain, ...(others === undefined ? {} : { others }), points: { ...plain.points, debtRepaid, feeRecovered: Math.min(wallet.balance.feeDue, plain.points.earned - debtRepaid) },
      ...balanceOf(wallet, wallet.asOf),
    };
  }

  /**
   * Gives a ticket without identification to a member. Refusals: `ticketNotFound`, `memberNotFound`, `claimRefused` with its reason.
   */
  async claim(claim: Claim, language: Language): Promise<Answered> {
    const { tenant, key } = claim;
    const result = await this.parts.claims.claim(claim);
    if (result.status === 'refused') throw claimProblem(claim, result.code);
    const reading = await this.read(tenant, key);
    const { answer } = await this.answered(tenant, { taken: { key, status: 'duplicate' }, said: UNASKED, reading }, language);
    return { replayed: result.replayed, answer };
  }

  /** What happened to a ticket and why, and what its member has now. Refusal: `ticketNotFound`. */
  async show(tenant: string, key: string, language: Language): Promise<TicketAnswer> {
    const reading = await this.read(tenant, key);
    if (!reading) throw new Problem('ticketNotFound', { transactionKey: key });
    const plain = answerOf(reading, { said: UNASKED, language, now: this.parts.rateParts.clock.now() });
    if (reading.memberId === undefined) return plain;
    const wallet = await this.walletNow(tenant, reading.memberId);
    return { ...plain, ...balanceOf(wallet, wallet.asOf) };
  }

  /** A ticket that was here before is sent to its wallets again: they recognise the source and give their first answer (G7). */
  private async answered(
    tenant: string, found: {
      readonly taken: Taken; readonly said: Said; readonly reading: TicketReading | undefined;
    }, language: Language,
  ): Promise<Answered> {
    const { taken, reading } = found;
    if (!reading) throw new Problem('internal');
    const replayed = taken.status === 'duplicate';
    if (reading.decision === 'rejected') throw rejected(reading.reason ?? 'originalNotASale', reading.pointer ?? '');
    const posting = postingOf(reading);
    const said = wasAsked(found.said) || posting === undefined ? found.said
      : saidOf(await this.parts.post.send(tenant, [posting], 'interactive'), posting.key);
    const currency = said.currency ?? await this.balanceOnly(tenant, reading);
    return { replayed, answer: answerOf(reading, { said: { ...said, currency }, language, now: this.parts.rateParts.clock.now() }) };
  }

  private walletOf(tenant: string, member: string, pointType = this.parts.walletKind.pointType): Promise<WalletReading> {
    return this.parts.ledger.wallet({ tenant, programme: this.parts.walletKind.programme, pointType, member });
  }

  /** A ticket that moves no points of the currency still shows its member what there is. */
  private async balanceOnly(tenant: string, reading: TicketReading): Promise<Outcome | undefined> {
    if (reading.memberId === undefined) return undefined;
    const { balance, revision } = await this.walletNow(tenant, reading.memberId);
    return { status: 'accepted', alreadyDone: true, effect: NO_EFFECT, balance, revision };
  }

  /** The wallet of the member, or of the one it was merged into since. */
  private async walletNow(tenant: string, memberId: string): Promise<WalletReading> {
    const { dataSource, members } = this.parts.rateParts;
    const living = await onConnection(dataSource, (client) => members.membersOf(tenant, [memberId], client));
    return this.walletOf(tenant, living.get(memberId) ?? memberId);
  }
}

const NO_EFFECT = {
  granted: 0, reversed: 0, debtIncurred: 0, debtRepaid: 0, feeRecovered: 0, spent: 0, held: 0, restored: 0, expired: 0, allocations: [],
} as const;

const rejected = (reason: CorrectionFaultCode, pointer: string): Problem =>
  new Problem('ticketRejected', { reason, errors: [{ pointer, message: correctionFaults[reason] }] });

function claimProblem({ key }: Claim, code: Extract<ClaimResult, { status: 'refused' }>['code']): Problem {
  if (code === 'ticketNotFound') return new Problem(code, { transactionKey: key });
  if (code === 'memberNotFound') return new Problem(code);
  return new Problem('claimRefused', { reason: code, errors: [{ pointer: '/path/key', message: claimFaults[code] }] });
}

/** Why a ticket has no answer; undefined when it has one. */
function problemOf(taken: Taken): Problem | undefined {
  switch (taken.status) {
    case 'refused': return new Problem('invalidRequest', {
      reason: taken.faults[0].code, errors: taken.faults.map(({ pointer, code }) => ({ pointer, message: ticketFaults[code] })),
    });
    case 'quarantined': return new Problem('ticketConflict', { transactionKey: taken.key });
    case 'rejected': return rejected(taken.code, taken.pointer);
    case 'rated':
    case 'noMember':
    case 'awaitingOriginal':
    case 'tooOld':
    case 'duplicate': return undefined;
    default: {
      const never: never = taken;
      throw new Error(`unknown status ${JSON.stringify(never)}`);
    }
  }
}

function readingOfKept({ canonical, decided }: KeptTicket): TicketReading {
  const { key, originalKey, token, occurredAt, hash } = canonical;
  const { decision, memberId, points, lots } = decided;
  const item = {
    key, type: canonical.ticket.type, originalKey, token, occurredAt, hash, decision, memberId, points, lots, explanation: decided.explanation,
    extension: decided.extension,
  };
  return { ...item, ...shownParts(item), status: decision, reason: decided.reason, pointer: decided.pointer, notPosted: undefined };
}
