import { type DynamicModule, Module } from '@nestjs/common';
import { Background, forgetAnswers, IdempotencyStore, withApplication } from '@trebol/chassis';
import { Arrivals } from '@trebol/messaging';
import { AdjustPointsController } from './adjust-points/adjust-points.controller.ts';
import { AdjustPoints } from './adjust-points/adjust-points.ts';
import { ChargeFeeController } from './charge-fee/charge-fee.controller.ts';
import { ChargeFee } from './charge-fee/charge-fee.ts';
import { ForfeitPointsController } from './forfeit-points/forfeit-points.controller.ts';
import { ForfeitPoints } from './forfeit-points/forfeit-points.ts';
import { FreezeWalletController } from './freeze-wallet/freeze-wallet.controller.ts';
import { FreezeWallet } from './freeze-wallet/freeze-wallet.ts';
import { HoldPointsController } from './hold-points/hold-points.controller.ts';
import { HoldPoints } from './hold-points/hold-points.ts';
import { Idempotent } from './idempotent.ts';
import { KnownMembersController } from './know-members/known-members.controller.ts';
import { KnownMembers } from './know-members/known-members.ts';
import { LapseHolds } from './lapse-holds/lapse-holds.ts';
import { FindCard } from './member-card/find-card.ts';
import { MemberCardController } from './member-card/member-card.controller.ts';
import { MergeWallets } from './merge-members/merge-wallets.ts';
import type { RedemptionParts } from './parts.ts';
import { RedeemPointsController } from './redeem-points/redeem-points.controller.ts';
import { RedeemPoints } from './redeem-points/redeem-points.ts';
import { settingsOf } from './settings.ts';
import { SweepTransfers } from './transfer-points/sweep-transfers.ts';
import { TransferPointsController } from './transfer-points/transfer-points.controller.ts';
import { TransferPoints } from './transfer-points/transfer-points.ts';

@Module({})
class RedemptionModule {}

/**
 * Everything redemption does: hold, redeem, cancel, lapse, transfer, adjust, freeze, merge wallets, the till's member card. The bus reaches it through Nest: connect `BusTransport`
 * to the application. Explicit wiring: nothing else is registered anywhere.
 */
export function redemptionModule(parts: RedemptionParts): DynamicModule {
  const settings = settingsOf(parts);
  const { dataSource, ledger } = parts;
  const store = new IdempotencyStore(dataSource, parts.clock);
  const lapsing = new LapseHolds(settings, dataSource, ledger);
  const transfers = new SweepTransfers(settings, dataSource, ledger);
  const merging = new MergeWallets(settings, dataSource, ledger);
  const registrations = new Arrivals(parts.clock, parts.arrivalWaitMs);
  const begun = (): void => {
    merging.background.wake();
    transfers.background.wake();
  };
  const background = new Background()
    .add('lapse holds', lapsing.background)
    .add('finish transfers', transfers.background)
    .add('merge wallets', merging.background)
    .add('forget answers', forgetAnswers(store, parts.clock));
  return {
    module: RedemptionModule,
    controllers: [
      HoldPointsController, RedeemPointsController, TransferPointsController, AdjustPointsController, FreezeWalletController,
      ChargeFeeController, ForfeitPointsController,
      MemberCardController, KnownMembersController,
    ],
    providers: [
      { provide: Idempotent, useValue: new Idempotent(store) },
      { provide: HoldPoints, useValue: new HoldPoints(settings, dataSource, ledger) },
      { provide: RedeemPoints, useValue: new RedeemPoints(settings, dataSource, ledger) },
      { provide: FindCard, useValue: new FindCard(settings, { dataSource, ledger, registrations }) },
      { provide: KnownMembers, useValue: new KnownMembers(dataSource, { begun, registrations, programme: settings.programme }) },
      { provide: TransferPoints, useValue: new TransferPoints(settings, dataSource, ledger) },
      { provide: SweepTransfers, useValue: transfers },
      { provide: MergeWallets, useValue: merging },
      { provide: AdjustPoints, useValue: new AdjustPoints(settings, dataSource, ledger) },
      { provide: FreezeWallet, useValue: new FreezeWallet(settings, dataSource, ledger) },
      { provide: ChargeFee, useValue: new ChargeFee(settings, dataSource, ledger) },
      { provide: ForfeitPoints, useValue: new ForfeitPoints(settings, dataSource, ledger) },
      { provide: LapseHolds, useValue: lapsing },
      withApplication(background),
    ],
    exports: [LapseHolds, KnownMembers, SweepTransfers, MergeWallets],
  };
}
