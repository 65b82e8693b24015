import { z } from 'zod';
import { idForm } from './field-messages.ts';

/** Store, workstation and similar names chosen by the chain: they are parts of keys, so `~` and white space are out. */
export const localId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/, 'Must be letters, digits, "_", "." and "-", at most 40');

/** `YYYY-MM-DD` that exists in the calendar. */
export const day = z.iso.date();

/** RFC 3339 instant with an offset; a feed that has none must be given the store's zone before it gets here. */
export const instant = z.iso.datetime({ offset: true });

/** ISO 4217 code. */
export const currency = z.string().regex(/^[A-Z]{3}$/, 'Must be an ISO 4217 code, three capitals');

/** Money in minor units of the currency (pence, cents), never negative. */
export const amount = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Whole points, never negative. */
export const points = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** A positive number of whole points. */
export const positivePoints = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

/** Whole units, and 6 decimals at most. */
export const DECIMAL = /^\d{1,12}(\.\d{1,6})?$/;

/** Decimal in text, for what is shown and filtered but never added up (a unit price may have fractions of a penny). */
export const decimalText = z.string().regex(DECIMAL, 'Must be a decimal such as "2.55"');

/** Id of ours: typed prefix and 32 hexadecimal digits. */
export const prefixedId = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9a-f]{32}$`), idForm(prefix));

export const memberId = prefixedId('mbr');
