/* oxlint-disable max-params -- a parameter of a route is a decorator that Nest fills in, not an argument that somebody passes */
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { Caller, Documented, Lang, Problem, problemDocument, RequireScope, validated } from '@trebol/chassis';
import { type Language, memberId, type Ticket, ticket as ticketSchema } from '@trebol/contracts';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ticketErrors } from '../ticket-errors.ts';
import { AnswerTickets, type RowResult } from './answer-tickets.ts';
import { batchAnswer, type TicketAnswer, ticketAnswer } from './ticket-answer.ts';

/** Tickets in one batch over HTTP. */
const BATCH_TICKETS_MAX = 1_000;

const batchBody = z.strictObject({ tickets: z.array(z.unknown()).min(1).max(BATCH_TICKETS_MAX) });
/** What the rows of a batch should be. They are read one by one, so that a wrong one does not refuse the others. */
const documentedBatch = z.strictObject({ tickets: z.array(ticketSchema).min(1).max(BATCH_TICKETS_MAX) });
const claimBody = z.strictObject({ memberId });
const keyInPath = z.string().regex(/^[A-Za-z0-9_.~-]{1,200}$/, 'Must be store~workstation~day~sequence');

/** Tickets of tills: taken, previewed, shown. A ticket's natural key is its identity, so no Idempotency-Key is needed. */
@Controller('v1/transactions')
export class TransactionsController {
  constructor(@Inject(AnswerTickets) private readonly tickets: AnswerTickets) {}

  @Post()
  @HttpCode(200)
  @RequireScope('transactions:write')
  @Documented({
    summary: 'Take a ticket: a sale, a return or a void; sent again it has its first points and explanation, and the balance of now', answers: { 200: ticketAnswer },
    problems: ['ticketConflict', 'ticketRejected', 'overloaded'],
  })
  async take(
    @Body(validated(ticketSchema)) ticket: Ticket, @Caller() who: Caller, @Lang() language: Language,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TicketAnswer> {
    assertOwnStore(ticket, who);
    const { replayed, answer } = await this.tickets.take(who.tenant, ticket, language);
    if (replayed) void reply.header('Idempotency-Replayed', 'true');
    return answer;
  }

  @Post('preview')
  @HttpCode(200)
  @RequireScope('transactions:write')
  @Documented({
    summary: 'What a ticket would give; nothing is written', answers: { 200: ticketAnswer }, problems: ['ticketConflict', 'ticketRejected'],
  })
  preview(@Body(validated(ticketSchema)) ticket: Ticket, @Caller() who: Caller, @Lang() language: Language): Promise<TicketAnswer> {
    assertOwnStore(ticket, who);
    return this.tickets.preview(who.tenant, ticket, language);
  }

  @Post('batch')
  @HttpCode(200)
  @RequireScope('transactions:write')
  @Documented({ summary: 'Take up to 1,000 tickets; one result for each', body: documentedBatch, answers: { 200: batchAnswer } })
  async batch(
    @Body(validated(batchBody)) body: z.output<typeof batchBody>, @Caller() who: Caller, @Lang() language: Language,
  ): Promise<{ results: readonly unknown[] }> {
    const results: unknown[] = body.tickets.map(() => undefined);
    const valid: { readonly index: number; readonly ticket: Ticket }[] = [];
    for (const [index, value] of body.tickets.entries()) {
      const parsed = ticketSchema.safeParse(value);
      const problem = parsed.success ? storeProblem(parsed.data, who) : new Problem(
        'invalidRequest', { errors: ticketErrors(value).map(({ pointer, message }) => ({ pointer, message })) },
      );
      if (problem) results[index] = { index, problem: problemOfRow(problem, language) };
      else if (parsed.success) valid.push({ index, ticket: parsed.data });
    }
    const taken = valid.length === 0 ? [] : await this.tickets.takeMany(who.tenant, valid.map(({ ticket }) => ticket), language);
    for (const result of taken) {
      const index = valid[result.index]?.index ?? result.index;
      results[index] = rowAnswer(index, result, language);
    }
    return { results };
  }

  @Post(':key/claim')
  @HttpCode(200)
  @RequireScope('transactions:write')
  @Documented({
    summary: 'Give a sale without identification to a member', answers: { 200: ticketAnswer },
    problems: ['ticketNotFound', 'memberNotFound', 'claimRefused'],
  })
  async claim(
    @Param('key', validated(keyInPath)) key: string, @Body(validated(claimBody)) body: z.output<typeof claimBody>, @Caller() who: Caller,
    @Lang() language: Language, @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TicketAnswer> {
    if (who.storeId !== undefined && !key.startsWith(`${who.storeId}~`)) throw new Problem('forbidden', { scope: 'transactions:write' });
    const { replayed, answer } = await this.tickets.claim({ tenant: who.tenant, key, memberId: body.memberId }, language);
    if (replayed) void reply.header('Idempotency-Replayed', 'true');
    return answer;
  }

  @Get(':key')
  @RequireScope('transactions:read')
  @Documented({ summary: 'What happened to a ticket, and why', answers: { 200: ticketAnswer }, problems: ['ticketNotFound'] })
  show(@Param('key', validated(keyInPath)) key: string, @Caller() who: Caller, @Lang() language: Language): Promise<TicketAnswer> {
    return this.tickets.show(who.tenant, key, language);
  }
}

/** A row's problem has no trace of its own: the request's is in the header of its answer, so the member is left out. */
function problemOfRow(problem: Problem, language: Language): Record<string, unknown> {
  const { traceId: _, ...row } = problemDocument(problem, language, '');
  return row;
}

const rowAnswer = (index: number, result: RowResult, language: Language): unknown => ('problem' in result
  ? { index, problem: problemOfRow(result.problem, language) }
  : { index, replayed: result.replayed, ...result.answer });

/** A key bound to a store speaks only for that store. */
function storeProblem(ticket: Ticket, who: Caller): Problem | undefined {
  if (who.storeId === undefined || who.storeId === ticket.storeId) return undefined;
  return new Problem(
    'invalidRequest',
    { errors: [{ pointer: '/storeId', message: { en: 'not the store of this key', es: 'no es la tienda de esta clave' } }] },
  );
}

function assertOwnStore(ticket: Ticket, who: Caller): void {
  const problem = storeProblem(ticket, who);
  if (problem) throw problem;
}
