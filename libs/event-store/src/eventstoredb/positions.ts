import type { Checkpoint } from '../port.ts';

/** Place in the server's log. Compared by commit, then by prepare; both only grow. */
export interface Position {
  readonly commit: bigint;
  readonly prepare: bigint;
}

/** Before everything. */
export const LOG_START: Position = { commit: 0n, prepare: 0n };

/** Below zero, zero or above, as `a` stands before, at or after `b`. */
export function comparePositions(a: Position, b: Position): number {
  return Number(a.commit - b.commit) || Number(a.prepare - b.prepare);
}

/** `120/120`: commit and prepare position. */
export function toCheckpoint({ commit, prepare }: Position): Checkpoint {
  return `${commit}/${prepare}` as Checkpoint;
}

/** Throws for a text that is no checkpoint of this store, such as one of the PostgreSQL adapter. */
export function fromCheckpoint(checkpoint: Checkpoint): Position {
  const found = /^(\d{1,19})\/(\d{1,19})$/.exec(checkpoint);
  if (!found) throw new Error(`${JSON.stringify(checkpoint)} is no checkpoint of this store`);
  return { commit: BigInt(found[1] ?? 0), prepare: BigInt(found[2] ?? 0) };
}
