import type { Outcome } from '@trebol/points';
import type { NotPostedCode } from '../reasons.ts';

/** What the wallet of a type beside the currency said of a ticket. */
export interface SaidOfType { readonly pointType: string; readonly outcome: Outcome }

/** What the wallets said of one ticket. `currency`: undefined when the ticket is about other types alone, or none was asked. */
export interface Said { readonly currency: Outcome | undefined; readonly others: readonly SaidOfType[] }

/** What the wallets said of many tickets, by transaction key. A ticket that was sent is in one of the two, or in both. */
export interface SaidOfMany {
  readonly currency: ReadonlyMap<string, Outcome>;
  readonly others: ReadonlyMap<string, readonly SaidOfType[]>;
}

export const NOTHING_SAID: SaidOfMany = { currency: new Map(), others: new Map() };

const OF_CURRENCY_ALONE: readonly SaidOfType[] = [];

/** What the wallets said of one of many tickets. */
export const saidOf = ({ currency, others }: SaidOfMany, key: string): Said =>
  ({ currency: currency.get(key), others: others.size === 0 ? OF_CURRENCY_ALONE : others.get(key) ?? OF_CURRENCY_ALONE });

/**
 * Reasons why the ledger did not take a posting that may be gone when it is sent again. `sourceNotFound`: the sale itself is still
 * on its way.
 */
export const RETRIED_REASONS = ['unknown', 'sourceNotFound', 'walletFrozen', 'limitReached'] as const;

export const isRetried = (reason: NotPostedCode): boolean => (RETRIED_REASONS as readonly string[]).includes(reason);

/**
 * Why a ticket is not in all its wallets, as one stable word; undefined when it is. One that may be gone when the ticket is sent again comes
 * before one that stays.
 */
export function reasonOf({ currency, others }: Said): NotPostedCode | undefined {
  if (others.length === 0) return reasonOfOne(currency);
  const outcomes = [...(currency === undefined ? [] : [currency]), ...others.map(({ outcome }) => outcome)];
  const reasons = outcomes.flatMap((outcome) => reasonOfOne(outcome) ?? []);
  return reasons.find(isRetried) ?? reasons[0];
}

function reasonOfOne(outcome: Outcome | undefined): NotPostedCode | undefined {
  if (!outcome) return 'unknown';
  switch (outcome.status) {
    case 'accepted': return undefined;
    case 'refused': return outcome.refusal.code;
    case 'unknown': return 'unknown';
    default: {
      const never: never = outcome;
      throw new Error(`unknown outcome ${JSON.stringify(never)}`);
    }
  }
}
