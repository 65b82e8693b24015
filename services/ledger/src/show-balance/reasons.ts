import type { Language } from '@trebol/contracts';

/** Kinds of movement in the reader's words. A kind that this version does not know is shown by its code. */
const REASONS: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  opened: { es: 'Alta del monedero', en: 'Wallet opened' },
  earned: { es: 'Puntos por compra', en: 'Points for a purchase' },
  reversed: { es: 'Puntos anulados por devolución', en: 'Points reversed for a return' },
  held: { es: 'Puntos retenidos', en: 'Points set aside' },
  captured: { es: 'Puntos canjeados', en: 'Points spent' },
  released: { es: 'Retención anulada', en: 'Hold released' },
  lapsed: { es: 'Retención vencida', en: 'Hold lapsed' },
  redeemed: { es: 'Puntos canjeados', en: 'Points spent' },
  restored: { es: 'Canje anulado, puntos devueltos', en: 'Redemption cancelled, points given back' },
  expired: { es: 'Puntos caducados', en: 'Points expired' },
  activated: { es: 'Puntos ya disponibles', en: 'Points became available' },
};

/** The reason of an entry in a word or two. */
export function reasonOf(kind: string, language: Language): string {
  return REASONS[kind]?.[language] ?? kind;
}
