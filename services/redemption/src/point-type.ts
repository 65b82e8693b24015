import { z } from 'zod';
import { invalidField } from './problems.ts';
import { RefusedByLedger } from './refusals.ts';
import type { Settings } from './settings.ts';

/** A type of points that a request may name; without it the currency is meant. */
export const pointTypeField = z.string().min(1).max(40).optional();

/** Of a request that may be about any type: the type where it is not the currency. Refusal: `invalidRequest` for one the programme has not. */
export function otherType({ programme }: Settings, pointType: string | undefined): string | undefined {
  if (pointType === undefined || pointType === programme.currency) return undefined;
  if (programme.pointTypes.some(({ id }) => id === pointType)) return pointType;
  throw invalidField('/pointType', UNKNOWN);
}

/**
 * Of a request that puts points to use. Qualifying ones never are (`pointsNotSpendable`, as the wallet itself says). Of the spendable ones
 * only the currency is spent over HTTP, because tills, rewards and money have one.
 */
export function onlyCurrency(settings: Settings, pointType: string | undefined): void {
  const other = otherType(settings, pointType);
  if (other === undefined) return;
  const kind = settings.programme.pointTypes.find(({ id }) => id === other)?.kind;
  throw kind === 'qualifying' ? new RefusedByLedger('pointsNotSpendable') : invalidField('/pointType', NOT_CURRENCY);
}

const UNKNOWN = { es: 'El programa no tiene puntos de este tipo', en: 'The programme has no points of this type' } as const;
const NOT_CURRENCY = { es: 'Solo se gastan puntos de la moneda del programa', en: "Only the programme's currency is spent here" } as const;
