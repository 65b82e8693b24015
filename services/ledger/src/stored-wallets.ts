import { binaryArray } from '@trebol/postgres-bulk';
import type { StreamName } from '@trebol/event-store';
import type { WalletId } from '@trebol/points';
import type { ClientBase } from 'pg';
import type { StoredWallet } from './wallet-folds.ts';

/** Wallets asked for with one query: bounds the memory of the answer. */
const LOAD_WALLETS_MAX = 10_000;

/** Reads the stored states of these wallets from `table`; those that have none are left out. */
export async function loadStoredWallets(
  client: ClientBase, table: string, wallets: readonly { readonly stream: StreamName; readonly id: WalletId }[],
): Promise<Map<StreamName, StoredWallet>> {
  const found = new Map<StreamName, StoredWallet>();
  for (let from = 0; from < wallets.length; from += LOAD_WALLETS_MAX) {
    const part = wallets.slice(from, from + LOAD_WALLETS_MAX);
    const answer = await client.query<{ at: number; revision: number; state_version: number; state: Buffer }>({
      name: `load ${table}`,
      text: `SELECT asked.at::int4 AS at, kept.revision, kept.state_version, kept.state
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
          AS asked (tenant, programme, point_type, member_id, at)
        JOIN ${table} AS kept USING (tenant, programme, point_type, member_id)`,
      values: [
        binaryArray('text', part.map(({ id }) => id.tenant)), binaryArray('text', part.map(({ id }) => id.programme)),
        binaryArray('text', part.map(({ id }) => id.pointType)), binaryArray('text', part.map(({ id }) => id.member)),
      ],
    });
    for (const row of answer.rows) {
      const asked = part[row.at - 1];
      if (asked !== undefined) found.set(asked.stream, { revision: row.revision, schemaVersion: row.state_version, bytes: row.state });
    }
  }
  return found;
}
