import type { Language } from '@trebol/contracts';
import type { RefusalCode } from '@trebol/points';

/** One fact in the languages people read. */
export type Sentence = Readonly<Record<Language, string>>;

/** Why a ticket cannot be taken at all; it leaves no trace but its count, its row in an import and its dead letter on the bus. */
export type TicketFaultCode =
  | 'unknownStore' | 'currencyNotOfStore' | 'duplicateLineNumber' | 'totalTooLarge' | 'occurredTooEarly' | 'occurredInTheFuture'
  | 'dayFarFromTime' | 'saleWithOriginal' | 'voidWithoutOriginal' | 'originalIsItself' | 'originalLineMissing';

/** Why a return or void was rejected when its original was looked at; it keeps its key. */
export type CorrectionFaultCode = 'unknownOriginalLine' | 'returnedMoreThanBought' | 'originalNotASale' | 'currencyNotOfOriginal';

/** Why a rated ticket is not in its wallet. `unknown`: the store did not answer; it is sent again. */
export type NotPostedCode = RefusalCode | 'unknown';

/** Why a version of the rules was not put in force. */
export type ActivationFaultCode = 'alreadyActivated' | 'inThePast' | 'overlapsLater';

/** Why a receipt cannot be claimed for a member. */
export type ClaimFaultCode = 'claimOfNoSale' | 'claimOfIdentified' | 'claimOfTooOld' | 'claimTooLate';

const said = (es: string, en: string): Sentence => ({ es, en });

export const ticketFaults: Readonly<Record<TicketFaultCode, Sentence>> = {
  unknownStore: said('La tienda no está en el registro de tiendas.', 'The store is not in the store register.'),
  currencyNotOfStore: said('La moneda no es la de la tienda.', 'The currency is not that of the store.'),
  duplicateLineNumber: said('El número de línea está repetido en el tique.', 'The line number occurs twice on the ticket.'),
  totalTooLarge: said(
    'El total del tique supera los mil millones de unidades de su moneda.',
    'The ticket comes to more than a thousand million units of its currency.'),
  occurredTooEarly: said(
    'La hora del tique es anterior a 1990: el reloj de la caja no está en hora.',
    'The ticket is from before 1990: the clock of the till is wrong.'),
  occurredInTheFuture: said(
    'La hora del tique está más de 24 horas en el futuro: el reloj de la caja no está en hora.',
    'The ticket is from more than 24 hours in the future: the clock of the till is wrong.'),
  dayFarFromTime: said(
    'El día contable está a más de 3 días de la hora del tique.',
    'The business day is more than 3 days away from the time of the ticket.'),
  saleWithOriginal: said('Una venta no puede nombrar un tique original.', 'A sale cannot name an original ticket.'),
  voidWithoutOriginal: said('Una anulación tiene que nombrar el tique que anula.', 'A void must name the ticket that it voids.'),
  originalIsItself: said('El tique se nombra a sí mismo como original.', 'The ticket names itself as its original.'),
  originalLineMissing: said(
    'La línea devuelta tiene que decir a qué línea del tique original corresponde.',
    'The returned line must say which line of the original ticket it is.'),
};

export const correctionFaults: Readonly<Record<CorrectionFaultCode, Sentence>> = {
  unknownOriginalLine: said('El tique original no tiene esa línea.', 'The original ticket has no such line.'),
  returnedMoreThanBought: said('Se devuelve más de lo que queda de la compra.', 'More is returned than is left of the purchase.'),
  originalNotASale: said('El tique original no es una venta.', 'The original ticket is not a sale.'),
  currencyNotOfOriginal: said('La moneda no es la del tique original.', 'The currency is not that of the original ticket.'),
};

export const notPostedReasons: Readonly<Record<NotPostedCode, Sentence>> = {
  unknown: said('El monedero no respondió; se volverá a intentar por sí solo.', 'The wallet did not answer; it is tried again by itself.'),
  sourceConflict: said('El monedero ya tiene este tique con otro contenido.', 'The wallet already has this ticket with other content.'),
  walletClosed: said('El monedero está cerrado.', 'The wallet is closed.'),
  pointsNotSpendable: said('El monedero no es de puntos canjeables.', 'The wallet does not hold points for spending.'),
  walletFrozen: said('El monedero está bloqueado; se volverá a intentar por sí solo.', 'The wallet is frozen; it is tried again by itself.'),
  sourceNotFound: said(
    'El monedero aún no tiene la compra que se devuelve; se volverá a intentar por sí solo.',
    'The wallet does not have the returned purchase yet; it is tried again by itself.'),
  holdNotFound: said('El monedero no conoce esa reserva.', 'The wallet does not know that hold.'),
  holdClosed: said('La reserva ya está cerrada.', 'The hold is closed already.'),
  holdExpired: said('La reserva ha caducado.', 'The hold has expired.'),
  holdNotDue: said('La reserva aún no ha caducado.', 'The hold is not due yet.'),
  captureExceedsHold: said('Se pide más de lo reservado.', 'More is asked for than is held.'),
  reversalExceedsEarning: said('Se anula más de lo que dio la compra.', 'More is taken back than the purchase gave.'),
  redemptionNotFound: said('El monedero no conoce ese canje.', 'The wallet does not know that redemption.'),
  cancelExceedsRedemption: said('Se devuelve más de lo canjeado.', 'More is given back than was redeemed.'),
  waiverExceedsFee: said('Se perdona más de lo que se debe de la tarjeta.', 'More is waived than is due for the card.'),
  freezeNotFound: said('El monedero no conoce ese bloqueo.', 'The wallet does not know that freeze.'),
  transferNotFound: said('El monedero no conoce esa transferencia.', 'The wallet does not know that transfer.'),
  walletNotEmpty: said('El monedero no está vacío.', 'The wallet is not empty.'),
  senderInDebt: said('El monedero debe puntos.', 'The wallet owes points.'),
  limitReached: said(
    'El monedero ha llegado a un límite; se volverá a intentar por sí solo.', 'The wallet has reached a limit; it is tried again by itself.'),
  insufficientPoints: said('El monedero no tiene puntos suficientes.', 'The wallet does not have enough points.'),
};

export const activationFaults: Readonly<Record<ActivationFaultCode, Sentence>> = {
  alreadyActivated: said('Ya se activó, y una versión se activa una sola vez.', 'It was activated before, and a version is activated only once.'),
  inThePast: said('El instante ya ha pasado.', 'The instant has passed already.'),
  overlapsLater: said('Otra versión empieza en ese instante o después.', 'Another version begins at that instant or later.'),
};

export const claimFaults: Readonly<Record<ClaimFaultCode, Sentence>> = {
  claimOfNoSale: said('Solo se puede reclamar una venta.', 'Only a sale can be claimed.'),
  claimOfIdentified: said('El tique ya tiene socio o lleva una identificación.', 'The ticket has a member already, or carries an identification.'),
  claimOfTooOld: said('El tique llegó fuera de plazo y no da puntos.', 'The ticket came too late and gives no points.'),
  claimTooLate: said('El plazo para reclamar el tique ha pasado.', 'The time in which the ticket could be claimed is over.'),
};

/** What a ticket's `reason` says: rejected with it, or rated and not in the wallet because of it. */
export const ticketReasons: Readonly<Record<CorrectionFaultCode | NotPostedCode, Sentence>> = {
  ...correctionFaults, ...notPostedReasons,
};
