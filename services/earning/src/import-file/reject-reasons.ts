import { correctionFaults, type CorrectionFaultCode, type Sentence, ticketFaults, type TicketFaultCode } from '../reasons.ts';

/** Why a row of a file is no part of a ticket. */
export type RowFaultCode =
  | 'overlongRow' | 'overlongField' | 'malformedJson' | 'invalidField' | 'unknownField' | 'malformedQuoting' | 'tooFewColumns'
  | 'tooManyColumns' | 'incompleteAtBreak' | 'differsWithinInvoice' | 'tooManyLines' | 'badDebtAdjustment' | 'malformedInvoiceNo' | 'malformedStockCode'
  | 'quantityNotAnInteger' | 'quantityNotNegative' | 'quantityNotPositive' | 'malformedDate' | 'noSuchDay' | 'negativePrice'
  | 'malformedPrice' | 'malformedCustomer' | 'missingCountry';

/** Why a row is among an import's rejects. `tooOld` and `quarantined` were kept and are counted under their own names. */
export type RejectCode = RowFaultCode | TicketFaultCode | CorrectionFaultCode | 'tooOld' | 'quarantined';

const said = (es: string, en: string): Sentence => ({ es, en });

const rowFaults: Readonly<Record<RowFaultCode, Sentence>> = {
  overlongRow: said('La fila es demasiado larga.', 'The row is too long.'),
  overlongField: said('El campo es demasiado largo.', 'The field is too long.'),
  malformedJson: said('La línea no es JSON.', 'The line is not JSON.'),
  invalidField: said('El campo no tiene la forma debida.', 'The field does not have the form it should.'),
  unknownField: said('El campo no se conoce.', 'The field is not known.'),
  malformedQuoting: said('Las comillas de la fila no se cierran bien.', 'The quotes of the row are malformed.'),
  tooFewColumns: said('A la fila le faltan columnas.', 'The row has too few columns.'),
  tooManyColumns: said('A la fila le sobran columnas.', 'The row has too many columns.'),
  incompleteAtBreak: said(
    'El fichero se corta aquí y la factura puede estar incompleta.', 'The file breaks off here and the invoice may be incomplete.'),
  differsWithinInvoice: said(
    'El valor no es el mismo que en las otras filas de la factura.', 'The value differs from the other rows of the invoice.'),
  tooManyLines: said('La factura tiene demasiadas líneas.', 'The invoice has too many lines.'),
  badDebtAdjustment: said('Es un ajuste de deudas y no una compra.', 'It is an adjustment of bad debt and no purchase.'),
  malformedInvoiceNo: said('El número de factura no tiene la forma debida.', 'The invoice number does not have the form it should.'),
  malformedStockCode: said('El código de artículo falta o es demasiado largo.', 'The stock code is missing or too long.'),
  quantityNotAnInteger: said('La cantidad no es un número entero.', 'The quantity is not a whole number.'),
  quantityNotNegative: said('La cantidad de una devolución tiene que ser negativa.', 'The quantity of a return must be negative.'),
  quantityNotPositive: said('La cantidad de una venta tiene que ser positiva.', 'The quantity of a sale must be positive.'),
  malformedDate: said('La fecha no tiene la forma AAAA-MM-DD HH:MM:SS.', 'The date does not have the form YYYY-MM-DD HH:MM:SS.'),
  noSuchDay: said('Ese día no existe.', 'There is no such day.'),
  negativePrice: said('El precio es negativo.', 'The price is negative.'),
  malformedPrice: said('El precio no es un número decimal.', 'The price is not a decimal number.'),
  malformedCustomer: said('El número de cliente no tiene la forma debida.', 'The customer number does not have the form it should.'),
  missingCountry: said('Falta el país.', 'The country is missing.'),
};

export const rejectReasons: Readonly<Record<RejectCode, Sentence>> = {
  ...rowFaults, ...ticketFaults, ...correctionFaults,
  tooOld: said(
    'El tique llegó fuera de plazo y no da puntos; si es histórico, impórtelo como tal.',
    'The ticket came too late and gives no points; if it is history, import it as such.'),
  quarantined: said(
    'La clave del tique pertenece a otro con otro contenido; este queda en cuarentena y no da puntos.',
    'The key of the ticket belongs to another with other content; this one is quarantined and gives no points.'),
};
