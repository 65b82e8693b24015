import { Logger } from '@nestjs/common';
import { defaultProgramme, noMetrics } from '@trebol/chassis';
import { Arrivals } from '@trebol/messaging';
import { ImportJobs } from './import-file/import-jobs.ts';
import { ImportTable } from './import-file/import-table.ts';
import { MemberDirectory } from './know-members/member-directory.ts';
import { tokensOf } from './known-tokens.ts';
import type { EarningParts } from './parts.ts';
import { observedRating } from './observe-rating.ts';
import { PublishRated } from './publish-rated/publish-rated.ts';
import { rating } from './rate-tickets/rating.ts';
import { RuleRegister } from './rules/rule-register.ts';
import { StoreRegister } from './stores/store-register.ts';
import { AnswerTickets } from './take-tickets/answer-tickets.ts';
import { ClaimTicket } from './take-tickets/claim-ticket.ts';
import { FinishBatch } from './take-tickets/finish-batch.ts';
import { PostBatch } from './take-tickets/post-batch.ts';
import { RateBatch, type RateParts } from './take-tickets/rate-batch.ts';
import { RateKept } from './take-tickets/rate-kept.ts';
import { SweepUnposted } from './take-tickets/sweep-unposted.ts';
import { Line } from './take-tickets/take-line.ts';
import { TakeOne } from './take-tickets/take-one.ts';
import { TakeTopic } from './take-tickets/take-topic.ts';
import type { TakeLines } from './taking.ts';

/** The service without Nest: everything it can do, wired. */
export interface EarningServices {
  readonly stores: StoreRegister;
  readonly rules: RuleRegister;
  readonly members: MemberDirectory;
  readonly tickets: AnswerTickets;
  /** Batches of tickets, for whoever has many: importers and consumers. */
  readonly lines: TakeLines;
  /** Batches of the bus. */
  readonly topic: TakeTopic;
  readonly imports: ImportJobs;
  readonly importTable: ImportTable;
  readonly sweeper: SweepUnposted;
  readonly publisher: PublishRated;
}

/** Wires earning; nothing starts to run. */
export function composeEarning(parts: EarningParts): EarningServices {
  const { clock, dataSource, bus, ledger, programme = defaultProgramme } = parts;
  const onFailure = (work: string) => (error: unknown): void => (parts.onFailure ?? logFailure)(work, error);
  const walletKind = { programme: programme.id, pointType: programme.currency };
  const stores = new StoreRegister(dataSource);
  const rules = new RuleRegister(dataSource, clock, programme);
  const registrations = new Arrivals(clock, parts.arrivalWaitMs);
  // The directory rates kept tickets through the very steps that look members up in it: each is given the other by name.
  const members: MemberDirectory = new MemberDirectory(
    dataSource, { rateKept: (tenant, tokens) => finish.rateKept(tenant, tokens) }, registrations,
  );
  const rateParts: RateParts = { dataSource, clock, stores, members, ruleBooks: rules, rating, tokenOf: tokensOf(parts.identifierKey) };
  const rate = observedRating(new RateBatch(rateParts), parts.metrics ?? noMetrics);
  const post = new PostBatch({ dataSource, clock, ledger, walletKind });
  const finish: FinishBatch = new FinishBatch({ rate: rateParts, kept: new RateKept(rateParts), post });
  const one = new TakeOne({ rate, finish });
  const lines: TakeLines = { open: (tenant) => new Line(tenant, { rate, finish }) };
  const topic = new TakeTopic({
    takeAll: async (tenant, tickets) => {
      const rated = await rate.rate(tenant, tickets, { history: false });
      await finish.finish(rated, 'bulk');
      return rated.taken;
    },
  });
  const importTable = new ImportTable(dataSource);
  return {
    stores, rules, members, lines, topic, importTable,
    tickets: new AnswerTickets({
      rateParts, rate, finish, post, one, claims: new ClaimTicket({ rate: rateParts, finish }), ledger, walletKind, registrations,
    }),
    imports: new ImportJobs({
      clock, stores, lines, table: importTable, dataSource, ids: parts.ids, dataFolder: parts.dataFolder,
      onFailure: onFailure('import files'),
    }),
    sweeper: new SweepUnposted({ dataSource, clock, finish, post }),
    publisher: new PublishRated({ dataSource, clock, bus, stores }),
  };
}

function logFailure(work: string, error: unknown): void {
  new Logger('earning').error({ err: error, work }, 'background work failed and will be tried again');
}
