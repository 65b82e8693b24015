import type { WalletId } from '@trebol/points';
import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import { LIVE } from '../read-models.ts';
import type { StoredWallet } from '../wallet-folds.ts';

/** A wallet with something due. */
export interface DueWallet {
  readonly wallet: WalletId;
  /** Its state as the balance row has it, only where points are held: whose holds they are must be said. */
  readonly holding?: StoredWallet;
}

type Row = [tenant: string, programme: string, pointType: string, member: string, revision: number, stateVersion: number, state: Buffer | null];

/**
 * The wallets with something due by `now`, soonest first, in pages. They are looked up once, however many they are: all points of a day
 * lapse at one midnight, and to find the place of each page among them again would cost more than booking it. The cursor outlives the
 * statement that made it, but holds no transaction open; it needs a connection as long as it is read. States stay where they are: the
 * ledger has them in memory, or reads them itself, because it trusts no read model.
 */
export async function* dueWallets(
  dataSource: DataSource, { now, pageMax }: { readonly now: number; readonly pageMax: number },
): AsyncGenerator<DueWallet[]> {
  const runner = dataSource.createQueryRunner();
  const client = await runner.connect() as ClientBase;
  const nextPage = async (): Promise<DueWallet[]> =>
    (await client.query<Row>({ text: `FETCH ${pageMax} FROM due_wallets`, rowMode: 'array' })).rows.map(dueWallet);
  try {
    await client.query(`DECLARE due_wallets NO SCROLL CURSOR WITH HOLD FOR
      SELECT tenant, programme, point_type, member_id, revision, state_version, CASE WHEN held > 0 THEN state END
      FROM ${LIVE.balance} WHERE next_due_at <= $1 ORDER BY next_due_at`, [new Date(now)]);
    for (let page = await nextPage(); page.length > 0; page = page.length < pageMax ? [] : await nextPage()) yield page;
  } finally {
    await client.query('CLOSE due_wallets').catch(() => undefined); // a broken connection has taken it along
    await runner.release();
  }
}

function dueWallet([tenant, programme, pointType, member, revision, schemaVersion, bytes]: Row): DueWallet {
  const wallet = { tenant, programme, pointType, member };
  return bytes === null ? { wallet } : { wallet, holding: { revision, schemaVersion, bytes } };
}
