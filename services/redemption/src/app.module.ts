import {
  type BeforeApplicationShutdown, type DynamicModule, Inject, Injectable, Module, type OnApplicationBootstrap,
} from '@nestjs/common';
import { IdempotencyStore } from '@trebol/chassis';
import { ForgetAnswers } from './forget-answers/forget-answers.ts';
import { HoldPointsController } from './hold-points/hold-points.controller.ts';
import { HoldPoints } from './hold-points/hold-points.ts';
import { Idempotent } from './idempotent.ts';
import { KnownMembersController } from './know-members/known-members.controller.ts';
import { KnownMembers } from './know-members/known-members.ts';
import { LapseHolds } from './lapse-holds/lapse-holds.ts';
import { FindCard } from './member-card/find-card.ts';
import { MemberCardController } from './member-card/member-card.controller.ts';
import type { RedemptionParts } from './parts.ts';
import { RedeemPointsController } from './redeem-points/redeem-points.controller.ts';
import { RedeemPoints } from './redeem-points/redeem-points.ts';
import { settingsOf } from './settings.ts';

/** The sweepers live as long as the application. */
@Injectable()
class SweeperLifetime implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(LapseHolds) private readonly lapsing: LapseHolds,
    @Inject(ForgetAnswers) private readonly forgetting: ForgetAnswers,
  ) {}

  onApplicationBootstrap(): void {
    this.lapsing.start();
    this.forgetting.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.lapsing.stop(), this.forgetting.stop()]);
  }
}

@Module({})
class RedemptionModule {}

/**
 * Everything redemption does: hold, redeem, cancel, lapse, the till's member card. The bus reaches it through Nest: connect `BusTransport`
 * to the application. Explicit wiring: nothing else is registered anywhere.
 */
export function redemptionModule(parts: RedemptionParts): DynamicModule {
  const settings = settingsOf(parts);
  const { dataSource, ledger } = parts;
  const store = new IdempotencyStore(dataSource, parts.clock);
  return {
    module: RedemptionModule,
    controllers: [HoldPointsController, RedeemPointsController, MemberCardController, KnownMembersController],
    providers: [
      { provide: Idempotent, useValue: new Idempotent(store) },
      { provide: HoldPoints, useValue: new HoldPoints(settings, dataSource, ledger) },
      { provide: RedeemPoints, useValue: new RedeemPoints(settings, dataSource, ledger) },
      { provide: FindCard, useValue: new FindCard(settings, dataSource, ledger) },
      { provide: KnownMembers, useValue: new KnownMembers(dataSource) },
      { provide: LapseHolds, useValue: new LapseHolds(settings, dataSource, ledger) },
      { provide: ForgetAnswers, useValue: new ForgetAnswers(store, parts.clock) },
      SweeperLifetime,
    ],
    exports: [LapseHolds, KnownMembers],
  };
}
