import type { Language } from '@trebol/contracts';

/** Kinds of movement in the reader's words. A kind that this version does not know is shown by its code. */
const REASONS: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  opened: { es: 'Alta del monedero', en: 'Wallet opened' },
  earned: { es: 'Puntos por compra', en: 'Points for a purchase' },
  reversed: { es: 'Puntos retirados por devolución o anulación', en: 'Points taken back for a return or a void' },
  held: { es: 'Puntos retenidos', en: 'Points set aside' },
  captured: { es: 'Puntos canjeados', en: 'Points spent' },
  released: { es: 'Retención anulada', en: 'Hold released' },
  lapsed: { es: 'Retención vencida', en: 'Hold lapsed' },
  redeemed: { es: 'Puntos canjeados', en: 'Points spent' },
  restored: { es: 'Canje anulado, puntos devueltos', en: 'Redemption cancelled, points given back' },
  expired: { es: 'Puntos caducados', en: 'Points expired' },
  activated: { es: 'Puntos ya disponibles', en: 'Points became available' },
  adjusted: { es: 'Ajuste de puntos', en: 'Points adjusted' },
  feeCharged: { es: 'Cuota de la tarjeta', en: 'Card fee' },
  feeWaived: { es: 'Cuota de la tarjeta condonada', en: 'Card fee waived' },
  extended: { es: 'Caducidad ampliada', en: 'Validity extended' },
  frozen: { es: 'Monedero inmovilizado', en: 'Wallet frozen' },
  unfrozen: { es: 'Inmovilización levantada', en: 'Freeze lifted' },
  forfeited: { es: 'Puntos perdidos', en: 'Points forfeited' },
  sent: { es: 'Puntos enviados', en: 'Points sent' },
  received: { es: 'Puntos recibidos', en: 'Points received' },
  takenBack: { es: 'Envío anulado, puntos devueltos', en: 'Transfer undone, points given back' },
  movedOut: { es: 'Puntos trasladados a otro monedero', en: 'Points moved to another wallet' },
  movedIn: { es: 'Puntos trasladados de otro monedero', en: 'Points moved from another wallet' },
  closed: { es: 'Monedero cerrado', en: 'Wallet closed' },
};

/** The reason of an entry in a word or two. */
export function reasonOf(kind: string, language: Language): string {
  return REASONS[kind]?.[language] ?? kind;
}
