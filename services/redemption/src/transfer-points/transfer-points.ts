import { Problem } from '@trebol/chassis';
import { memberId, positivePoints } from '@trebol/contracts';
import type { PointsLedger } from '@trebol/points';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { TransferAnswer } from '../answers.ts';
import { derivedId } from '../derived-id.ts';
import { onlyCurrency, pointTypeField } from '../point-type.ts';
import { invalidField } from '../problems.ts';
import { accepted, balanceAnswer } from '../refusals.ts';
import type { Asking, Settings, Who } from '../settings.ts';
import { FinishTransfer, type Reached } from './finish-transfer.ts';
import { type Transfer, TransferRows } from './transfer-rows.ts';

/** Body of `POST /v1/transfers`. */
export const transferring = z.strictObject({ from: memberId, to: memberId, points: positivePoints, pointType: pointTypeField });
export type Transferring = z.output<typeof transferring>;

/** Body of `…/accept` and `…/return`. */
export const answering = z.strictObject({}).optional();

/** Gives points from one member to another, in two phases: they leave, and arrive when the recipient says so. */
export class TransferPoints {
  private readonly rows: TransferRows;
  private readonly finishing: FinishTransfer;

  constructor(private readonly settings: Settings, private readonly dataSource: DataSource, private readonly ledger: PointsLedger) {
    this.rows = new TransferRows(dataSource);
    this.finishing = new FinishTransfer(settings, this.rows, ledger);
  }

  /** Refusals: `memberNotFound`, `memberBlocked` (either), `senderInDebt`, `insufficientPoints`, `walletFrozen`, `walletClosed`. */
  async send(request: Transferring, { who, key }: Asking): Promise<TransferAnswer> {
    if (request.from === request.to) throw invalidField('/to', { es: 'es el mismo socio', en: 'is the same member' });
    onlyCurrency(this.settings, request.pointType);
    const transferId = derivedId(who.tenant, 'transfer', key);
    const asked = await this.rows.ask({ transferId, ...request }, who, this.settings.clock.now());
    return this.answer(await this.finishing.finish(asked, who.keyId), request.from);
  }

  /**
   * The points arrive. Once accepted it stays accepted: where the recipient's wallet is frozen they arrive when it no longer is.
   * Refusals: `transferNotFound`, `transferClosed`, `memberBlocked`, `walletFrozen`, `limitReached`, and `walletClosed`: then they go back.
   */
  async accept(transferId: string, who: Who): Promise<TransferAnswer> {
    const transfer = await this.waiting(transferId, who);
    await this.mayReceive(transfer);
    const decided = await this.decide(transfer, { to: 'accepting' }, who);
    const reached = await this.finishing.finish(decided, who.keyId);
    if (reached.transfer.state !== 'accepting' && reached.transfer.state !== 'accepted') throw closed(reached.transfer);
    return this.answer(reached, transfer.to);
  }

  /** The points go back to the lots they came from. Refusals: `transferNotFound`, `transferClosed` (it was accepted). */
  async giveBack(transferId: string, who: Who): Promise<TransferAnswer> {
    const transfer = await this.waiting(transferId, who);
    const decided = await this.decide(transfer, { to: 'returning', reason: 'returned' }, who);
    if (decided.state !== 'returning' && decided.state !== 'returned') throw closed(decided);
    return this.answer(await this.finishing.finish(decided, who.keyId), transfer.from);
  }

  /** One that was sent, or will have been: an unfinished request is finished first. */
  private async waiting(transferId: string, who: Who): Promise<Transfer> {
    const found = await this.rows.find(who.tenant, transferId);
    const sent = found?.state === 'asked' ? (await this.finishing.finish(found, who.keyId)).transfer : found;
    if (!sent || sent.state === 'asked' || sent.state === 'refused') throw new Problem('transferNotFound', { transferId });
    return sent;
  }

  /** The first answer counts; one whose time is over goes back whatever is asked. */
  private async decide(transfer: Transfer, turn: { to: 'accepting' | 'returning'; reason?: 'returned' }, who: Who): Promise<Transfer> {
    if (transfer.state !== 'sent') return transfer;
    const now = this.settings.clock.now();
    const what = transfer.lapsesAt <= now ? { to: 'returning', reason: 'lapsed' } as const : turn;
    const turned = await this.rows.turn(transfer, what, { keyId: who.keyId, now });
    return turned ?? (await this.rows.find(transfer.tenant, transfer.transferId)) ?? transfer;
  }

  private async mayReceive({ tenant, to, state }: Transfer): Promise<void> {
    if (state !== 'sent') return;
    const [member]: { status: string }[] = await this.dataSource.query(
      'SELECT status FROM redemption.member WHERE tenant = $1 AND member_id = $2', [tenant, to]);
    if (member?.status === 'blocked') throw new Problem('memberBlocked', { memberStatus: member.status });
  }

  private async answer({ transfer, stopped }: Reached, member: string): Promise<TransferAnswer> {
    if (stopped) accepted(stopped);
    const { transferId, from, to, points, state, reason } = transfer;
    const wallet = await this.ledger.wallet(this.settings.wallet(transfer.tenant, member));
    return {
      transferId, status: state, from, to, points, lapsesAt: new Date(transfer.lapsesAt).toISOString(),
      ...(reason === null ? {} : { reason }), ...balanceAnswer(wallet, wallet.asOf),
    };
  }
}

const closed = ({ state, reason }: Transfer): Problem => new Problem('transferClosed', { state, ...(reason === null ? {} : { reason }) });
