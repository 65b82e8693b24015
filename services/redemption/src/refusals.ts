import { Problem, type ProblemCode, type ProblemDefinition, declareProblems } from '@trebol/chassis';
import { StoreOverloaded } from '@trebol/event-store';
import { type Outcome, type Refusal, type RefusalCode, WalletBusy, type WalletBalance } from '@trebol/points';

/**
 * The one place where a refusal of the ledger becomes a problem: code, HTTP status and words. A refusal's figures are members of the
 * problem document under their own names. 404: not there; 409: the wallet's state does not allow it; 422: the figures never can.
 */
const words: Record<RefusalCode, ProblemDefinition> = {
  sourceConflict: {
    status: 409,
    es: { title: 'Origen ya usado', detail: 'El origen {source} ya se contabilizó con otro contenido.' },
    en: { title: 'Source already used', detail: 'The source {source} was already booked with other content.' },
  },
  walletClosed: {
    status: 409,
    es: { title: 'Monedero cerrado', detail: 'El monedero está cerrado.' },
    en: { title: 'Wallet closed', detail: 'The wallet is closed.' },
  },
  pointsNotSpendable: {
    status: 422,
    es: { title: 'Puntos no canjeables', detail: 'Estos puntos cuentan para el nivel: ni se canjean, ni se retienen, ni se envían.' },
    en: { title: 'Points not for spending', detail: 'These points count towards a tier: they are not spent, held or sent.' },
  },
  walletFrozen: {
    status: 409,
    es: { title: 'Monedero inmovilizado', detail: 'El monedero está inmovilizado ({mode}).' },
    en: { title: 'Wallet frozen', detail: 'The wallet is frozen ({mode}).' },
  },
  sourceNotFound: {
    status: 404,
    es: { title: 'Origen desconocido', detail: 'El monedero no tiene ningún movimiento de {source}.' },
    en: { title: 'Source unknown', detail: 'The wallet has no movement from {source}.' },
  },
  holdNotFound: {
    status: 404,
    es: { title: 'Retención desconocida', detail: 'No existe la retención {holdId}.' },
    en: { title: 'Hold unknown', detail: 'There is no hold {holdId}.' },
  },
  holdClosed: {
    status: 409,
    es: { title: 'Retención cerrada', detail: 'La retención ya no está abierta: {state}.' },
    en: { title: 'Hold closed', detail: 'The hold is no longer open: {state}.' },
  },
  holdExpired: {
    status: 409,
    es: { title: 'Retención vencida', detail: 'La retención venció el {expiresAt}.' },
    en: { title: 'Hold expired', detail: 'The hold expired at {expiresAt}.' },
  },
  holdNotDue: {
    status: 409,
    es: { title: 'Retención vigente', detail: 'La retención sigue vigente hasta el {expiresAt}.' },
    en: { title: 'Hold not due', detail: 'The hold stands until {expiresAt}.' },
  },
  captureExceedsHold: {
    status: 422,
    es: { title: 'Más puntos de los retenidos', detail: 'Se pidieron {requested} puntos y hay {held} retenidos.' },
    en: { title: 'More points than held', detail: '{requested} points were asked for and {held} are held.' },
  },
  reversalExceedsEarning: {
    status: 409,
    es: { title: 'Más puntos de los dados', detail: 'Se pidió anular {requested} puntos y quedan {left} por anular.' },
    en: { title: 'More points than given', detail: '{requested} points were to be reversed and {left} are left to reverse.' },
  },
  redemptionNotFound: {
    status: 404,
    es: { title: 'Canje desconocido', detail: 'No existe el canje {redemptionId}.' },
    en: { title: 'Redemption unknown', detail: 'There is no redemption {redemptionId}.' },
  },
  cancelExceedsRedemption: {
    status: 422,
    es: { title: 'Más puntos de los canjeados', detail: 'Se pidió anular {requested} puntos y quedan {cancellable} por anular.' },
    en: { title: 'More points than redeemed', detail: '{requested} points were to be cancelled and {cancellable} are left to cancel.' },
  },
  waiverExceedsFee: {
    status: 422,
    es: { title: 'Más cuota de la pendiente', detail: 'Se pidió condonar {requested} puntos de cuota y hay {due} pendientes.' },
    en: { title: 'More than the fee due', detail: '{requested} points of the fee were to be waived and {due} are due.' },
  },
  freezeNotFound: {
    status: 404,
    es: { title: 'Inmovilización desconocida', detail: 'No hay ninguna inmovilización {freezeId} vigente.' },
    en: { title: 'Freeze unknown', detail: 'No freeze {freezeId} is in force.' },
  },
  transferNotFound: {
    status: 404,
    es: { title: 'Traspaso desconocido', detail: 'De este monedero no salió el traspaso {transferId}.' },
    en: { title: 'Transfer unknown', detail: 'No transfer {transferId} left this wallet.' },
  },
  walletNotEmpty: {
    status: 409,
    es: { title: 'Monedero no vacío', detail: 'El monedero tiene {points} puntos, {debt} de deuda y {feeDue} de cuota pendiente.' },
    en: { title: 'Wallet not empty', detail: 'The wallet has {points} points, a debt of {debt} and a fee of {feeDue} due.' },
  },
  senderInDebt: {
    status: 409,
    es: { title: 'Monedero con deuda', detail: 'No se pueden enviar puntos con una deuda de {debt}.' },
    en: { title: 'Wallet in debt', detail: 'Points cannot be sent while there is a debt of {debt}.' },
  },
  limitReached: {
    status: 409,
    es: { title: 'Límite alcanzado', detail: 'Se alcanzó el límite {limit}: {max}.' },
    en: { title: 'Limit reached', detail: 'The limit {limit} is reached: {max}.' },
  },
  insufficientPoints: {
    status: 409,
    es: { title: 'Puntos insuficientes', detail: 'Se pidieron {requested} puntos y hay {available} disponibles.' },
    en: { title: 'Not enough points', detail: '{requested} points were asked for and {available} are available.' },
  },
};
declareProblems(words);

/**
 * Of every route that asks a wallet: the Idempotency-Key was used for something else longer ago than answers are remembered; the wallet was
 * too busy to decide; it is not known whether it did. After the last two: send the same again.
 */
export const askingProblems: readonly ProblemCode[] = ['sourceConflict', 'overloaded', 'unknownOutcome'];

/** A refusal by the wallet itself: what was asked for did not come into being. */
export class RefusedByLedger extends Problem {}

/** The problem a refusal is answered with; instants in it are RFC 3339. */
export function problemOf(refusal: Refusal, revision: number): Problem {
  const { code, ...figures } = refusal;
  const shown = 'expiresAt' in figures ? { ...figures, expiresAt: new Date(figures.expiresAt).toISOString() } : figures;
  return new RefusedByLedger(code, { ...shown, revision });
}

/** What was accepted; a refusal is thrown as its problem, an unknown outcome as `unknownOutcome` (503: ask again with the same key). */
export function accepted(outcome: Outcome): Extract<Outcome, { status: 'accepted' }> {
  switch (outcome.status) {
    case 'accepted':
      return outcome;
    case 'refused':
      throw problemOf(outcome.refusal, outcome.revision);
    case 'unknown':
      throw new Problem('unknownOutcome', {}, { cause: outcome.cause });
    default: {
      const never: never = outcome;
      return never;
    }
  }
}

/** Seconds a caller is told to wait: queues of a wallet or of the store empty in less. */
const RETRY_AFTER_SECONDS = 1;

/** The ledger's outcome; a full queue (of one wallet or of the store, nothing was decided) is thrown as `overloaded` (503). */
export async function outcomeOf(asking: Promise<Outcome>): Promise<Outcome> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof WalletBusy || error instanceof StoreOverloaded) {
      throw new Problem('overloaded', { retryAfterSeconds: RETRY_AFTER_SECONDS }, { cause: error });
    }
    throw error;
  }
}

/** A balance as every answer of this service shows it; `revision` and `asOf` say of when it is. */
export interface BalanceAnswer {
  readonly balance: WalletBalance;
  readonly revision: number;
  readonly asOf: string;
}

/** The part of an answer that carries a balance. */
export const balanceAnswer = (wallet: { readonly balance: WalletBalance; readonly revision: number }, asOf: number): BalanceAnswer =>
  ({ balance: wallet.balance, revision: wallet.revision, asOf: new Date(asOf).toISOString() });
