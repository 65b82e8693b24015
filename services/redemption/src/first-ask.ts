import { Problem } from '@trebol/chassis';
import type { DataSource } from 'typeorm';
import { knownOrRefused } from './known-member.ts';
import type { Settings, Who } from './settings.ts';

const ASK = `INSERT INTO redemption.first_ask AS f (tenant, command_id, member_id, created_at, created_by) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (tenant, command_id) DO UPDATE SET command_id = f.command_id RETURNING member_id, created_at`;

/**
 * When a command that has no row of its own (a fee, a forfeiture, a freeze) was first asked for, in milliseconds: written before the wallet is
 * touched, and the same in every repetition, so that a wallet knows the command again after its books were closed (see `askedAt`).
 * Refusals: `memberNotFound`; `idempotencyConflict` when the key was used for another member.
 */
export async function firstAskedAt(
  { settings, dataSource }: { readonly settings: Settings; readonly dataSource: DataSource },
  { commandId, memberId }: { readonly commandId: string; readonly memberId: string }, who: Who,
): Promise<number> {
  await knownOrRefused(dataSource, who.tenant, memberId);
  const [row]: { member_id: string; created_at: Date }[] = await dataSource.query(
    ASK, [who.tenant, commandId, memberId, new Date(settings.clock.now()), who.keyId]);
  if (row?.member_id !== memberId) throw new Problem('idempotencyConflict');
  return row.created_at.getTime();
}
