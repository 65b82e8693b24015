import type { WalletEventType } from '../events.ts';
import { effectsOf } from '../wallet/brought.ts';

/** The fields of a stored event, as JSON gives them. */
export type StoredFields = readonly unknown[];

/** From one version's fields to the next one's. What it gives must be all that today's reader asks for. */
type Upcaster = (fields: StoredFields) => StoredFields;

/**
 * How events of older versions become today's, one step for each version an event type has left behind, oldest first. Stored events are
 * never rewritten, so a step stays for ever; golden streams hold events of every version.
 */
const UPCASTERS: Partial<Record<WalletEventType, readonly Upcaster[]>> = {
  LotsMovedOut: [withEffects({ lots: 6, holds: 7, effects: 8 })],
  LotsMovedIn: [withEffects({ lots: 8, holds: 9, effects: 12 })],
};

/** The fields as the newest version of this type has them. */
export function upcast(type: WalletEventType, version: number, fields: StoredFields): StoredFields {
  return (UPCASTERS[type] ?? []).slice(version - 1).reduce((older, step) => step(older), fields);
}

/**
 * Version 1 of a merge moved lots and holds and did not say what had happened in the other wallet. So much of it is in them: the earnings the
 * lots are of (each lot's second field), and the holds (first field).
 */
function withEffects(at: { readonly lots: number; readonly holds: number; readonly effects: number }): Upcaster {
  return (fields) => {
    const lots = listAt(fields, at.lots).map((lot) => ({ source: String(lot[1]) }));
    const holds = listAt(fields, at.holds).map((hold) => ({ holdId: String(hold[0]) }));
    // Empty lists at the end are not written: the places between are filled with them.
    const filled = Array.from({ length: at.effects }, (_, place) => fields[place] ?? []);
    return [...filled, effectsOf(lots, holds)];
  };
}

function listAt(fields: StoredFields, place: number): readonly StoredFields[] {
  const list = fields[place];
  return Array.isArray(list) ? list.filter((item): item is StoredFields => Array.isArray(item)) : [];
}
