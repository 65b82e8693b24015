import type { EventStore } from '@trebol/event-store';
import { walletStream } from '@trebol/points';
import type { ClientBase } from 'pg';
import { LIVE } from '../read-models.ts';
import { DifferenceFound, walletText } from './report.ts';

/** Balance rows looked up in the event store at a time. */
const LOOK_UP_MAX = 5_000;

interface WalletKey { readonly tenant: string; readonly programme: string; readonly point_type: string; readonly member_id: string }

const walletOf = (row: WalletKey) => ({ tenant: row.tenant, programme: row.programme, pointType: row.point_type, member: row.member_id });

/**
 * Finds rows that no event accounts for: entries beyond their wallet's revision, and balances of wallets that have no stream.
 * `wallets` rows are known to
 * be right already; only when there are more (wallets opened meanwhile, or orphans) each is looked up.
 */
export async function findOrphans(client: ClientBase, store: EventStore, wallets: number): Promise<void> {
  // Balance and entries of a wallet are written in one transaction, so one statement sees them agree, whatever goes on
  // meanwhile.
  const entries = await client.query<WalletKey & { revision: number }>(
    `SELECT tenant, programme, point_type, member_id, entry.revision FROM ${LIVE.entry} AS entry
     LEFT JOIN ${LIVE.balance} AS balance USING (tenant, programme, point_type, member_id)
     WHERE balance.revision IS NULL OR entry.revision > balance.revision OR entry.revision < 1
     ORDER BY 1, 2, 3, 4, 5 LIMIT 1`);
  const [entry] = entries.rows;
  if (entry !== undefined) {
    throw new DifferenceFound({
      check: 'orphan', wallet: walletOf(entry), revision: entry.revision,
      message: `${walletText(walletOf(entry))}: entry ${entry.revision} belongs to no event`,
    });
  }
  const rows = await client.query<{ rows: string }>(`SELECT count(*) AS rows FROM ${LIVE.balance}`);
  if (Number(rows.rows[0]?.rows) === wallets) return;
  for await (const page of balancePages(client)) {
    const tails = await store.load(page.map((row) => walletStream(walletOf(row))));
    const orphan = page.find((row) => (tails.get(walletStream(walletOf(row)))?.revision ?? 0) === 0);
    if (orphan !== undefined) {
      const wallet = walletOf(orphan);
      throw new DifferenceFound({ check: 'orphan', wallet, message: `${walletText(wallet)}: a balance row without any event` });
    }
  }
}

async function* balancePages(client: ClientBase): AsyncGenerator<WalletKey[]> {
  const key = 'tenant, programme, point_type, member_id';
  let last: WalletKey | undefined;
  for (;;) {
    const behind = last === undefined ? '' : `WHERE (${key}) > ($2, $3, $4, $5)`;
    const from = last === undefined ? [] : [last.tenant, last.programme, last.point_type, last.member_id];
    const text = `SELECT ${key} FROM ${LIVE.balance} ${behind} ORDER BY ${key} LIMIT $1`;
    const page = await client.query<WalletKey>(text, [LOOK_UP_MAX, ...from]);
    if (page.rows.length === 0) return;
    yield page.rows;
    last = page.rows.at(-1);
  }
}
