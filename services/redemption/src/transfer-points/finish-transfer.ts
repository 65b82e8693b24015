import type { Outcome, PointsCommand, PointsLedger } from '@trebol/points';
import { movedToOf, outcomeOf } from '../refusals.ts';
import type { Settings } from '../settings.ts';
import type { Transfer, TransferRows, Turn } from './transfer-rows.ts';

type NotAccepted = Exclude<Outcome, { status: 'accepted' }>;

/** How far a transfer came, and the ledger's word where it went no further. */
export interface Reached { readonly transfer: Transfer; readonly stopped?: NotAccepted | undefined }

/** What a step comes to: the next state, if there is one, and the ledger's word where it goes no further. */
interface Step { readonly turn?: Turn; readonly stopped?: NotAccepted }

/**
 * Takes a transfer from the state it is in as far as it can go. Every step may be done again by anybody: the wallets know a transfer
 * they have seen, and states only go forward. A transfer that is being accepted goes back only when the recipient's wallet is
 * closed, because what is closed stays closed and whoever tries again is refused too.
 */
export class FinishTransfer {
  constructor(private readonly settings: Settings, private readonly rows: TransferRows, private readonly ledger: PointsLedger) {}

  async finish(from: Transfer, keyId: string): Promise<Reached> {
    let transfer = from;
    for (;;) {
      const { turn, stopped } = await this.step(transfer);
      if (turn === undefined) return { transfer, stopped };
      const turned = await this.rows.turn(transfer, turn, { keyId, now: this.settings.clock.now() });
      if (turned && stopped) return { transfer: turned, stopped };
      transfer = turned ?? await this.overtaken(transfer, turn, keyId);
    }
  }

  /** Somebody else turned it meanwhile: go on from there. That it was sent is a fact; that it was refused was true before. */
  private async overtaken({ tenant, transferId }: Transfer, turn: Turn, keyId: string): Promise<Transfer> {
    const found = await this.rows.find(tenant, transferId);
    if (!found) throw new Error(`the transfer ${transferId} is gone`);
    if (turn.to !== 'sent' || found.state !== 'refused') return found;
    return (await this.rows.turn(found, turn, { keyId, now: this.settings.clock.now() })) ?? found;
  }

  private async step(transfer: Transfer): Promise<Step> {
    switch (transfer.state) {
      case 'asked':
        return this.send(transfer);
      case 'accepting':
        return this.receive(transfer);
      case 'returning':
        return this.takeBack(transfer);
      case 'sent':
      case 'accepted':
      case 'returned':
      case 'refused':
        return {};
      default: {
        const never: never = transfer.state;
        return never;
      }
    }
  }

  private async send(transfer: Transfer): Promise<Step> {
    const { transferId, points, to } = transfer;
    const outcome = await this.command(transfer, transfer.from, { type: 'SendPoints', ...header(transfer), transferId, points, to });
    if (outcome.status === 'accepted') return { turn: { to: 'sent', lots: outcome.effect.lots ?? [] } };
    return outcome.status === 'refused' ? { turn: { to: 'refused' }, stopped: outcome } : { stopped: outcome };
  }

  private async receive(transfer: Transfer): Promise<Step> {
    const outcome = await this.receiveAt(transfer, transfer.to);
    if (outcome.status === 'accepted') return { turn: { to: 'accepted' } };
    const closed = outcome.status === 'refused' && outcome.refusal.code === 'walletClosed';
    return closed ? { turn: { to: 'returning', reason: 'recipientClosed' } } : { stopped: outcome };
  }

  /** Where the sender's wallet was merged into another, and that one into a third, the points come back to the last one. */
  private async takeBack(transfer: Transfer): Promise<Step> {
    const { transferId } = transfer;
    let outcome = await this.command(transfer, transfer.from, { type: 'TakeBackPoints', ...header(transfer), transferId });
    for (let heir = movedToOf(outcome); heir !== undefined; heir = movedToOf(outcome)) outcome = await this.receiveAt(transfer, heir);
    return outcome.status === 'accepted' ? { turn: { to: 'returned' } } : { stopped: outcome };
  }

  private async receiveAt(transfer: Transfer, member: string): Promise<Outcome> {
    const { transferId, from, lots } = transfer;
    return this.command(transfer, member, { type: 'ReceivePoints', ...header(transfer), transferId, from, lots: lots ?? [] });
  }

  private async command({ tenant }: Transfer, member: string, command: PointsCommand): Promise<Outcome> {
    return outcomeOf(this.ledger.handle(this.settings.wallet(tenant, member), command));
  }
}

/**
 * The same in every attempt at a step: two wallets must know it again after their books were closed, and those look so far back only for what
 * says that it is so old.
 */
const header = ({ transferId, changedAt }: Transfer): { readonly commandId: string; readonly occurredAt: number } =>
  ({ commandId: transferId, occurredAt: changedAt });
