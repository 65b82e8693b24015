import { otherTypesOf } from '@trebol/chassis';
import type { PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { ForfeitAnswer } from '../answers.ts';
import { derivedId } from '../derived-id.ts';
import { firstAskedAt } from '../first-ask.ts';
import { accepted, balanceAnswer, outcomeOf } from '../refusals.ts';
import type { Asking, Settings } from '../settings.ts';

/** Body of `…/forfeit`: `closure` and `erasure` also write off debt and fee due, `fraud` does not. */
export const forfeiting = z.strictObject({ reason: z.enum(['closure', 'fraud', 'erasure']) });
export type Forfeiting = z.output<typeof forfeiting>;

/** Takes all points of a member, of every type: open holds are let go, then everything is lost, pending points too. */
export class ForfeitPoints {
  constructor(readonly settings: Settings, readonly dataSource: DataSource, private readonly ledger: PointsLedger) {}

  /**
   * Works on a frozen wallet. Broken off, it goes on with the same key. Refusals: `memberNotFound`, `walletClosed`.
   */
  async forfeit(memberId: string, { reason }: Forfeiting, { who, key }: Asking): Promise<ForfeitAnswer> {
    const { clock, programme } = this.settings;
    const forfeitId = derivedId(who.tenant, 'forfeiture', key);
    const occurredAt = await firstAskedAt(this, { commandId: forfeitId, memberId }, who);
    const command = { type: 'ForfeitPoints', commandId: forfeitId, occurredAt, forfeitId, reason } as const;
    const forfeited: { readonly pointType: string; readonly points: number }[] = [];
    for (const { id } of otherTypesOf(programme)) {
      const wallet = this.settings.wallet(who.tenant, memberId, id);
      // Nobody opens a wallet to empty it.
      if ((await this.ledger.wallet(wallet)).revision === 0) continue;
      const done = accepted(await outcomeOf(this.ledger.handle(wallet, command)));
      forfeited.push({ pointType: id, points: done.effect.forfeited ?? 0 });
    }
    const done = accepted(await outcomeOf(this.ledger.handle(this.settings.wallet(who.tenant, memberId), command)));
    forfeited.unshift({ pointType: programme.currency, points: done.effect.forfeited ?? 0 });
    return { forfeitId, memberId, forfeited, ...balanceAnswer(done, clock.now()) };
  }
}
