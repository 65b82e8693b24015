import type { Checkpoint } from '../port.ts';

/** Log partitions: each lane has positions and a head row of its own, so that tills never wait behind an import. */
export const PARTITION_OF_LANE = { bulk: 1, interactive: 2 } as const;
export const PARTITIONS: readonly number[] = Object.values(PARTITION_OF_LANE);

/** Last position reached, by partition. */
export type Positions = ReadonlyMap<number, number>;

/** `1:120,2:7`: the last position reached in each partition. */
export function toCheckpoint(positions: Positions): Checkpoint {
  return PARTITIONS.map((partition) => `${partition}:${positions.get(partition) ?? 0}`).join(',') as Checkpoint;
}

/** Throws for a text that is no checkpoint of this store. */
export function fromCheckpoint(checkpoint: Checkpoint): Positions {
  if (!/^1:\d{1,15},2:\d{1,15}$/.test(checkpoint)) throw new Error(`${JSON.stringify(checkpoint)} is no checkpoint of this store`);
  return new Map(checkpoint.split(',').map((part) => {
    const [partition, position] = part.split(':').map(Number);
    return [partition ?? 0, position ?? 0];
  }));
}

/** Events from one checkpoint to a later one; 0 where that is not ahead. Positions of this store have no gaps. */
export function eventsBetween(reached: Positions, target: Positions): number {
  return PARTITIONS.reduce((sum, partition) => sum + Math.max(0, (target.get(partition) ?? 0) - (reached.get(partition) ?? 0)), 0);
}

/** True when `reached` is at or past `target` in every partition. */
export function coversPositions(reached: Positions, target: Positions): boolean {
  return PARTITIONS.every((partition) => (reached.get(partition) ?? 0) >= (target.get(partition) ?? 0));
}
