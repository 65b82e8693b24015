/**
 * ISO 4217 exponents that are not 2: how many decimals a currency's minor unit has. Told here and not asked of `Intl`, whose data (CLDR)
 * says what people write, not what the currency has: it gives RSD, IQD and some twenty others no decimals.
 */
const EXPONENTS: Readonly<Record<string, number>> = {
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, UYI: 0, VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0,
  BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3, CLF: 4, UYW: 4,
};

const EXPONENT_DEFAULT = 2;

/** Decimals of a currency (ISO 4217): 2 for EUR, 0 for JPY, 3 for BHD. Minor units × 10^−exponent are whole units. */
export const currencyExponent = (currency: string): number =>
  Object.hasOwn(EXPONENTS, currency) ? EXPONENTS[currency] ?? EXPONENT_DEFAULT : EXPONENT_DEFAULT;
