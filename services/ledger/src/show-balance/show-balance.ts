import type { PointType, PointTypeKind } from '@trebol/chassis';
import type { Clock } from '@trebol/contracts';
import type { EventStore } from '@trebol/event-store';
import {
  balanceAt, describeEvent, emptyWallet, type LotView, lotsOf, type PointsLedger, type WalletBalance, type WalletId, type WalletReading,
} from '@trebol/points';
import { historyOf } from '../wallet-chain.ts';

export interface ShowBalanceParts {
  readonly ledger: PointsLedger;
  readonly eventStore: EventStore;
  readonly clock: Clock;
}

/** `GET /v1/members/{id}/balance`. */
export interface BalanceAnswer extends WalletBalance {
  readonly memberId: string;
  readonly revision: number;
  readonly asOf: string;
}

/** What a member has of a type beside the currency. */
export interface OtherBalance extends WalletBalance {
  readonly pointType: string;
  readonly kind: PointTypeKind;
  readonly revision: number;
}

/** `GET /v1/members/{id}/balance` of all types: the currency's, and the others where the programme has some. */
export interface BalancesAnswer extends BalanceAnswer { readonly others?: readonly OtherBalance[] }

/** A lot as people see it; `state` is as of `asOf` of the answer. */
export interface LotAnswer extends Omit<LotView, 'availableFrom'> {
  readonly availableFrom: string;
}

/** `GET /v1/members/{id}/lots`. */
export interface LotsAnswer {
  readonly memberId: string;
  readonly lots: readonly LotAnswer[];
  readonly revision: number;
  readonly asOf: string;
}

const instant = (at: number): string => new Date(at).toISOString();

/**
 * What a member has, straight from the ledger (snapshot and tail), so that a reader sees what he has just written. `asOf` ahead
 * of the clock tells what the
 * wallet of today will be then, with what will have expired; behind the clock, what would have been answered then, folded from
 * what was recorded by then.
 * The ledger knows wallets, not people: a member without a wallet has an empty balance at revision 0.
 */
export class ShowBalance {
  constructor(private readonly parts: ShowBalanceParts) {}

  async balance(wallet: WalletId, asOf?: number): Promise<BalanceAnswer> {
    const reading = await this.reading(wallet, asOf);
    const { available, pending, held, debt, feeDue, expiring } = reading.balance;
    return {
      memberId: wallet.member, available, pending, held, debt, feeDue, expiring, revision: reading.revision, asOf: instant(reading.asOf),
    };
  }

  /** The currency's balance, with those of the other types beside it. */
  async balances(wallet: WalletId, others: readonly PointType[], asOf?: number): Promise<BalancesAnswer> {
    if (others.length === 0) return this.balance(wallet, asOf);
    const [currency, ...rest] = await Promise.all([
      this.balance(wallet, asOf), ...others.map(async ({ id }) => this.balance({ ...wallet, pointType: id }, asOf)),
    ]);
    return {
      ...currency,
      others: rest.map(({ memberId: _member, asOf: _asOf, ...figures }, index) => {
        const { id = '', kind = 'spendable' } = others[index] ?? {};
        return { pointType: id, kind, ...figures };
      }),
    };
  }

  /** Lots in which there is still something. */
  async lots(wallet: WalletId, asOf?: number): Promise<LotsAnswer> {
    const reading = await this.reading(wallet, asOf);
    const open = reading.lots.filter((lot) => (lot.state === 'pending' || lot.state === 'available') && lot.remaining + lot.held > 0);
    return {
      memberId: wallet.member,
      lots: open.map((lot) => ({ ...lot, availableFrom: instant(lot.availableFrom) })),
      revision: reading.revision, asOf: instant(reading.asOf),
    };
  }

  private reading(wallet: WalletId, asOf: number | undefined): Promise<WalletReading> {
    return asOf === undefined || asOf >= this.parts.clock.now() ? this.parts.ledger.wallet(wallet, asOf) : this.past(wallet, asOf);
  }

  private async past(wallet: WalletId, asOf: number): Promise<WalletReading> {
    let state = emptyWallet();
    const sources = new Map<number, string>();
    for await (const { event, after } of historyOf(this.parts.eventStore, wallet)) {
      if (event.recordedAt > asOf) break;
      state = after;
      const { source } = describeEvent(event);
      if (source !== undefined) sources.set(after.revision, `${source.kind}/${source.key}`);
    }
    const lots = lotsOf(state, asOf).map(({ recorded, ...lot }) => ({ ...lot, source: sources.get(recorded) ?? '' }));
    return { revision: state.revision, asOf, balance: balanceAt(state, asOf), lots };
  }
}
