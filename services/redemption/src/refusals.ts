import { Problem, type ProblemCode, type ProblemDefinition, declareProblems } from '@trebol/chassis';
import { StoreOverloaded } from '@trebol/event-store';
import { type Outcome, type Refusal, type RefusalCode, WalletBusy, type WalletBalance } from '@trebol/points';

/** What the ledger limits, as `limitReached` names it. */
const LIMITS = {
  es: {
    noteCharacters: 'caracteres de una nota', pointsPerLot: 'puntos de un lote', lotsOpen: 'lotes abiertos de un monedero',
    lotsPerEarning: 'lotes de una compra', effectsPerPeriod: 'movimientos de un periodo', feePoints: 'puntos de una cuota',
    freezes: 'inmovilizaciones a la vez', holdMinutes: 'minutos de una retención', holdsOpen: 'retenciones abiertas a la vez',
  },
  en: {
    noteCharacters: 'characters of a note', pointsPerLot: 'points of a lot', lotsOpen: 'open lots of a wallet',
    lotsPerEarning: 'lots of a purchase', effectsPerPeriod: 'movements of a period', feePoints: 'points of a fee',
    freezes: 'freezes at once', holdMinutes: 'minutes of a hold', holdsOpen: 'open holds at once',
  },
} as const;

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
    es: { title: 'Monedero inmovilizado', detail: 'El monedero está inmovilizado {mode}.', words: { all: 'del todo', spending: 'para gastar' } },
    en: { title: 'Wallet frozen', detail: 'The wallet is frozen {mode}.', words: { all: 'altogether', spending: 'for spending' } },
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
    es: {
      title: 'Retención cerrada', detail: 'La retención ya no está abierta: {state}.',
      words: { captured: 'se cobró', released: 'se liberó', lapsed: 'venció' },
    },
    en: {
      title: 'Hold closed', detail: 'The hold is no longer open: it {state}.',
      words: { captured: 'was captured', released: 'was released', lapsed: 'lapsed' },
    },
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
    es: { title: 'Más puntos de los retenidos', detail: 'Puntos pedidos: {requested}; retenidos: {held}.' },
    en: { title: 'More points than held', detail: 'Points asked for: {requested}; held: {held}.' },
  },
  reversalExceedsEarning: {
    status: 409,
    es: { title: 'Más puntos de los dados', detail: 'Puntos que anular: {requested}; quedan por anular: {left}.' },
    en: { title: 'More points than given', detail: 'Points to reverse: {requested}; left to reverse: {left}.' },
  },
  redemptionNotFound: {
    status: 404,
    es: { title: 'Canje desconocido', detail: 'No existe el canje {redemptionId}.' },
    en: { title: 'Redemption unknown', detail: 'There is no redemption {redemptionId}.' },
  },
  cancelExceedsRedemption: {
    status: 422,
    es: { title: 'Más puntos de los canjeados', detail: 'Puntos que anular: {requested}; quedan por anular: {cancellable}.' },
    en: { title: 'More points than redeemed', detail: 'Points to cancel: {requested}; left to cancel: {cancellable}.' },
  },
  waiverExceedsFee: {
    status: 422,
    es: { title: 'Más cuota de la pendiente', detail: 'Puntos de cuota que condonar: {requested}; pendientes: {due}.' },
    en: { title: 'More than the fee due', detail: 'Points of the fee to waive: {requested}; due: {due}.' },
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
    es: { title: 'Monedero no vacío', detail: 'El monedero no está vacío. Puntos: {points}; deuda: {debt}; cuota pendiente: {feeDue}.' },
    en: { title: 'Wallet not empty', detail: 'The wallet is not empty. Points: {points}; debt: {debt}; fee due: {feeDue}.' },
  },
  senderInDebt: {
    status: 409,
    es: { title: 'Monedero con deuda', detail: 'No se pueden enviar puntos con una deuda de {debt}.' },
    en: { title: 'Wallet in debt', detail: 'Points cannot be sent while there is a debt of {debt}.' },
  },
  limitReached: {
    status: 409,
    es: { title: 'Límite alcanzado', detail: 'Se alcanzó el límite de {limit}: {max}.', words: LIMITS.es },
    en: { title: 'Limit reached', detail: 'The limit of {limit} is reached: {max}.', words: LIMITS.en },
  },
  insufficientPoints: {
    status: 409,
    es: { title: 'Puntos insuficientes', detail: 'Puntos pedidos: {requested}; disponibles: {available}.' },
    en: { title: 'Not enough points', detail: 'Points asked for: {requested}; available: {available}.' },
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

/** The member whose wallet took over the one that was asked, which is closed; undefined when the outcome is another. */
export const movedToOf = (outcome: Outcome): string | undefined =>
  (outcome.status === 'refused' && outcome.refusal.code === 'walletClosed' ? outcome.refusal.movedTo : undefined);

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
