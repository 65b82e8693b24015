import type pg from 'pg';

import type { Lane } from '../port.ts';
import { PARTITION_OF_LANE } from './checkpoints.ts';

/** Where a lane's hash chain ends. Noted elsewhere, it proves later that nothing up to it was changed (`checkChain`). */
export interface ChainHead {
  readonly lane: Lane;
  readonly partition: number;
  /** First position that the chain covers: 1, or what came next when the log was brought to the version that chains. */
  readonly chainedFrom: number;
  /** Last position of the lane. */
  readonly position: number;
  /** 64 hexadecimal digits. */
  readonly hash: string;
}

/** The heads of all lanes, in one snapshot. `schema` is quoted. */
export async function chainHeads(database: pg.Pool | pg.ClientBase, schema: string): Promise<ChainHead[]> {
  const { rows } = await database.query<[number, string, string, string]>({
    rowMode: 'array', text: `SELECT partition, chained_from, position, encode(hash, 'hex') FROM ${schema}.log_head ORDER BY partition`,
  });
  return rows.map(([partition, chainedFrom, position, hash]) => ({
    lane: partition === PARTITION_OF_LANE.bulk ? 'bulk' : 'interactive', partition, chainedFrom: Number(chainedFrom), position: Number(position), hash,
  }));
}
