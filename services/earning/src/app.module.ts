import { type DynamicModule, Module } from '@nestjs/common';
import { Background, withApplication } from '@trebol/chassis';
import { composeEarning, type EarningServices } from './compose.ts';
import { ImportJobs } from './import-file/import-jobs.ts';
import { ImportTable } from './import-file/import-table.ts';
import { ImportsController } from './import-file/imports.controller.ts';
import { KnowMembersController } from './know-members/know-members.controller.ts';
import { MemberDirectory } from './know-members/member-directory.ts';
import type { EarningParts } from './parts.ts';
import { RuleRegister } from './rules/rule-register.ts';
import { RULES_CLOCK, RulesController } from './rules/rules.controller.ts';
import { StoreRegister } from './stores/store-register.ts';
import { StoresController } from './stores/stores.controller.ts';
import { AnswerTickets } from './take-tickets/answer-tickets.ts';
import { TakeTopic } from './take-tickets/take-topic.ts';
import { TakeTopicController } from './take-tickets/take-topic.controller.ts';
import { TransactionsController } from './take-tickets/transactions.controller.ts';

/** `app.get(EARNING)` gives the `EarningServices` of a running application. */
export const EARNING = Symbol('Earning');

@Module({})
class EarningModule {}

/**
 * Everything earning does: stores, rules, tickets, imports, and learning who the members are. Explicit wiring: nothing else is
 * registered anywhere.
 */
export function earningModule(parts: EarningParts, earning: EarningServices = composeEarning(parts)): DynamicModule {
  const background = new Background()
    .add('post what was left over', earning.sweeper.background)
    .add('publish rated tickets', earning.publisher.background)
    .add('import files', earning.imports);
  return {
    module: EarningModule,
    controllers: [
      StoresController, RulesController, TransactionsController, TakeTopicController, ImportsController, KnowMembersController,
    ],
    providers: [
      { provide: EARNING, useValue: earning },
      { provide: StoreRegister, useValue: earning.stores },
      { provide: RuleRegister, useValue: earning.rules },
      { provide: RULES_CLOCK, useValue: parts.clock },
      { provide: AnswerTickets, useValue: earning.tickets },
      { provide: TakeTopic, useValue: earning.topic },
      { provide: ImportJobs, useValue: earning.imports },
      { provide: ImportTable, useValue: earning.importTable },
      { provide: MemberDirectory, useValue: earning.members },
      withApplication(background),
      // Before the first ticket: a version whose returns would be lost must not earn.
      { provide: 'FitsProgramme', useFactory: () => earning.rules.checkProgramme() },
    ],
    exports: [EARNING],
  };
}
