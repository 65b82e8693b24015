import type pg from 'pg';

import type { ChainHead } from '../port.ts';
import { PARTITION_OF_LANE } from './checkpoints.ts';

/** The heads of all lanes, in one snapshot. `schema` is quoted. */
export async function chainHeads(database: pg.Pool | pg.ClientBase, schema: string): Promise<ChainHead[]> {
  const { rows } = await database.query<[number, string, string, string]>({
    rowMode: 'array', text: `SELECT partition, chained_from, position, encode(hash, 'hex') FROM ${schema}.log_head ORDER BY partition`,
  });
  return rows.map(([partition, chainedFrom, position, hash]) => ({
    lane: partition === PARTITION_OF_LANE.bulk ? 'bulk' : 'interactive', partition, chainedFrom: Number(chainedFrom), position: Number(position), hash,
  }));
}
