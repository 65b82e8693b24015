import { otherTypesOf } from '@trebol/chassis';
import { prefixedId } from '@trebol/contracts';
import type { Outcome, PointsCommand, PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { FreezeAnswer } from '../answers.ts';
import { derivedId } from '../derived-id.ts';
import { firstAskedAt } from '../first-ask.ts';
import { accepted, balanceAnswer, outcomeOf } from '../refusals.ts';
import type { Asking, Settings, Who } from '../settings.ts';

/** Body of `…/freeze`: `spending` stops what puts points to use, `all` also what gives or takes them. */
export const freezing = z.strictObject({
  mode: z.enum(['spending', 'all']),
  reason: z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,39}$/, 'Must be letters, digits, "_", "." and "-", at most 40'),
});
export type Freezing = z.output<typeof freezing>;

/** Body of `…/unfreeze`: a freeze that was set here, by the id of its answer. Those of a merge are not lifted by hand. */
export const unfreezing = z.strictObject({ freezeId: prefixedId('frz') });
export type Unfreezing = z.output<typeof unfreezing>;

/**
 * Stops the wallets of a member, of every type, and lets them go again. Several freezes may stand at once; the strictest counts. The wallets
 * themselves remember them.
 */
export class FreezeWallet {
  constructor(readonly settings: Settings, readonly dataSource: DataSource, private readonly ledger: PointsLedger) {}

  /** Refusals: `memberNotFound`, `walletClosed`, `limitReached`. */
  async freeze(memberId: string, { mode, reason }: Freezing, { who, key }: Asking): Promise<FreezeAnswer> {
    const freezeId = derivedId(who.tenant, 'freeze', key);
    const occurredAt = await firstAskedAt(this, { commandId: freezeId, memberId }, who);
    return this.handle(memberId, who, { type: 'FreezeWallet', commandId: freezeId, occurredAt, freezeId, mode, reason });
  }

  /** Refusals: `freezeNotFound`, `walletClosed`. */
  async unfreeze(memberId: string, { freezeId }: Unfreezing, who: Who): Promise<FreezeAnswer> {
    return this.handle(memberId, who, { type: 'UnfreezeWallet', commandId: freezeId, occurredAt: this.settings.clock.now(), freezeId });
  }

  /** The currency's wallet comes last: when it has answered, all have it. */
  private async handle(memberId: string, who: Who, command: PointsCommand & { readonly freezeId: string }): Promise<FreezeAnswer> {
    const ask = async (pointType?: string): Promise<Outcome> =>
      outcomeOf(this.ledger.handle(this.settings.wallet(who.tenant, memberId, pointType), command));
    for (const { id } of otherTypesOf(this.settings.programme)) {
      const outcome = await ask(id);
      // A type that was added after the freeze has none to lift.
      if (outcome.status !== 'refused' || outcome.refusal.code !== 'freezeNotFound') accepted(outcome);
    }
    return { freezeId: command.freezeId, memberId, ...balanceAnswer(accepted(await ask()), this.settings.clock.now()) };
  }
}
