import { type DynamicModule, Module } from '@nestjs/common';
import { Background, withApplication } from '@trebol/chassis';
import { type LedgerParts, type LedgerServices, ledgerServices } from './ledger-services.ts';
import { PROGRAMME, ShowBalanceController } from './show-balance/show-balance.controller.ts';
import { ShowBalance } from './show-balance/show-balance.ts';
import { ShowEntries } from './show-balance/show-entries.ts';

/** `app.get(LEDGER)` gives the `LedgerServices` of a running application. */
export const LEDGER = Symbol('LedgerServices');

@Module({})
class LedgerModule {}

/** The ledger as a Nest module: three GET routes, and the readers of the log while the application runs. */
export function ledgerModule(parts: LedgerParts, services: LedgerServices = ledgerServices(parts)): DynamicModule {
  parts.health?.registerReadiness('ledger', services.ready);
  const background = new Background()
    .add('project wallets', services.projector)
    .add('publish points', services.publisher)
    .add('book what is due', services.bookDue.background);
  if (services.closeBooks !== undefined) background.add('close books', services.closeBooks.background);
  return {
    module: LedgerModule,
    controllers: [ShowBalanceController],
    providers: [
      { provide: LEDGER, useValue: services },
      { provide: ShowBalance, useValue: services.showBalance },
      { provide: ShowEntries, useValue: services.showEntries },
      { provide: PROGRAMME, useValue: services.programme },
      withApplication(background),
    ],
    exports: [LEDGER],
  };
}
