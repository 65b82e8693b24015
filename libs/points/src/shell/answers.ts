import type { Snapshot } from '@trebol/event-store';
import { decodeLater } from '../codec/wallet-codec.ts';
import type { Outcome, WalletBalance } from '../ledger.ts';
import { balanceAt } from '../wallet/balance.ts';
import type { Wallet } from '../wallet/state.ts';

/** An outcome before balance and revision are put in. */
export type Answer =
  | Pick<Extract<Outcome, { status: 'accepted' }>, 'status' | 'alreadyDone' | 'effect'>
  | Pick<Extract<Outcome, { status: 'refused' }>, 'status' | 'refusal'>;

/**
 * The wallet that answers speak of. In bulk it is packed as soon as it is decided: nobody may ever ask, and thousands of unpacked wallets
 * that wait for their append would outlive the young generation.
 */
export class After {
  readonly revision: number;
  private readonly now: number;
  private wallet: Wallet | undefined;
  private packed: Snapshot | undefined;
  private figures: WalletBalance | undefined;

  /** `now`: the instant of the decision. */
  constructor(wallet: Wallet, now: number) {
    this.revision = wallet.revision;
    this.now = now;
    this.wallet = wallet;
  }

  pack(snapshot: Snapshot): void {
    this.packed = snapshot;
    this.wallet = undefined;
  }

  /** The figures are added up when somebody asks for them: a till does, an import does not. */
  get balance(): WalletBalance {
    this.figures ??= this.added();
    return this.figures;
  }

  private added(): WalletBalance {
    const wallet = this.wallet ?? (this.packed === undefined ? undefined : decodeLater(this.packed));
    if (wallet === undefined) throw new Error('The wallet of an answer was packed in a layout of another version');
    return balanceAt(wallet, Math.max(this.now, wallet.recordedAt));
  }
}

/** The outcome, its fields spelled out: millions are made, and spread objects with a getter are slow ones. */
export function withBalance(what: Answer, after: After): Outcome {
  const { revision } = after;
  if (what.status === 'refused') return { status: 'refused', refusal: what.refusal, revision, get balance() { return after.balance; } };
  const { alreadyDone, effect } = what;
  return { status: 'accepted', alreadyDone, effect, revision, get balance() { return after.balance; } };
}
