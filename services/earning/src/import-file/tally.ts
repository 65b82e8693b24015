import type { Taken } from '../taking.ts';
import type { Reject, RowFaults } from './format.ts';
import type { RejectCode } from './reject-reasons.ts';

/** What became of rows or tickets. `read` is the sum of all others, always. */
export interface Counts {
  readonly read: number;
  readonly rated: number;
  readonly withoutMember: number;
  readonly awaitingOriginal: number;
  readonly tooOld: number;
  readonly quarantined: number;
  readonly rejected: number;
  /** Sent again: nothing changed by them. */
  readonly unchanged: number;
}

/** Counts of an import so far, by rows of the file and by tickets. */
export interface Tally {
  readonly rows: Counts;
  readonly tickets: Counts;
  /** Points that the import's own tickets were rated with. */
  readonly points: { readonly earned: number; readonly reversed: number };
  /** The rows of `rows.rejected` by why, in the order the codes were met: as many entries as there are codes, at most. */
  readonly rejectedBy: readonly RejectCount[];
}

/** Rows rejected with one code, and the first of them. */
export interface RejectCount extends Pick<Reject, 'code' | 'row' | 'field' | 'message'> { readonly rows: number }

const NOTHING: Counts = { read: 0, rated: 0, withoutMember: 0, awaitingOriginal: 0, tooOld: 0, quarantined: 0, rejected: 0, unchanged: 0 };

export const EMPTY_TALLY: Tally = { rows: NOTHING, tickets: NOTHING, points: { earned: 0, reversed: 0 }, rejectedBy: [] };

type Column = Exclude<keyof Counts, 'read'>;

/** The column a ticket is counted in. */
export function columnOf(taken: Taken): Column {
  switch (taken.status) {
    case 'rated': return 'rated';
    case 'noMember': return 'withoutMember';
    case 'awaitingOriginal': return 'awaitingOriginal';
    case 'tooOld': return 'tooOld';
    case 'rejected':
    case 'refused': return 'rejected';
    case 'duplicate': return 'unchanged';
    case 'quarantined': return taken.first ? 'quarantined' : 'unchanged';
    default: {
      const never: never = taken;
      throw new Error(`unknown status ${JSON.stringify(never)}`);
    }
  }
}

/** Adds rows that were rejected by themselves. */
export const addRejectedRows = (tally: Tally, rows: number): Tally => ({ ...tally, rows: plus(tally.rows, 'rejected', rows) });

/** Adds a ticket made of so many rows. */
export const addTicket = (tally: Tally, column: Column, rows: number): Tally => ({
  ...tally, rows: plus(tally.rows, column, rows), tickets: plus(tally.tickets, column, 1),
});

/** Adds what a ticket was rated with. */
export function addPoints(tally: Tally, taken: Taken): Tally {
  if (taken.status !== 'rated' || taken.points === 0) return tally;
  const { earned, reversed } = tally.points;
  return {
    ...tally,
    points: taken.type === 'sale' ? { earned: earned + taken.points, reversed } : { earned, reversed: reversed + taken.points },
  };
}

/** Codes of rows that are listed as rejects and counted under their own names. */
const COUNTED_APART: ReadonlySet<RejectCode> = new Set<RejectCode>(['tooOld', 'quarantined']);

/** Adds why rows were rejected: the faults of each row, of which the first counts. */
export function addReasons(tally: Tally, rows: readonly RowFaults[]): Tally {
  const counts = new Map(tally.rejectedBy.map((count) => [count.code, count]));
  for (const [{ code, row, field, message }] of rows) {
    if (COUNTED_APART.has(code)) continue;
    const before = counts.get(code);
    counts.set(code, before
      ? { ...before, rows: before.rows + 1 } : { code, rows: 1, row, field, ...(message === undefined ? {} : { message }) });
  }
  return { ...tally, rejectedBy: [...counts.values()] };
}

const plus = (counts: Counts, column: Column, by: number): Counts =>
  by === 0 ? counts : { ...counts, read: counts.read + by, [column]: counts[column] + by };
