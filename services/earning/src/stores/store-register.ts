import { binaryArray } from '@trebol/postgres-bulk';
import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import type { Store, StoreLookup, StoresInUse, StoreTerms } from '../store.ts';
import { onConnection, rowsOf } from '../transaction.ts';

/** Stores kept in memory: above the largest chains' count for several tenants, about 200 bytes each. */
const STORES_KEPT_MAX = 20_000;

interface StoreRow {
  store_id: string; name: string; zone: string; currency: string; country: string; region: string | null;
}
interface TermsRow { store_id: string; zone: string; currency: string; in_use: boolean }

const COLUMNS = 'store_id, name, zone, currency, country, region';

export type PutResult =
  | { readonly status: 'registered'; readonly store: Store }
  | { readonly status: 'refused'; readonly reason: 'storeInUse' };

/**
 * The chain's stores, by tenant. Currency and zone are fixed by a store's first ticket: the row says so (`in_use`) and is written in the
 * ticket's own transaction, so neither of a change and a first ticket at one moment misses the other. Only what is fixed is kept in
 * memory, bounded; all processes therefore read a ticket by the same terms, whichever of them took the change.
 */
export class StoreRegister implements StoreLookup, StoresInUse {
  private readonly kept = new Map<string, StoreTerms>();

  constructor(private readonly dataSource: DataSource) {}

  /** Registers a store, or replaces what was known of it. Refused: another currency or zone than that of the tickets it has. */
  async put(tenant: string, store: Store): Promise<PutResult> {
    const written: unknown[] = await this.dataSource.query(
      `INSERT INTO earning.store AS s (tenant, store_id, name, zone, currency, country, region) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (tenant, store_id) DO UPDATE SET name = excluded.name, zone = excluded.zone, currency = excluded.currency,
         country = excluded.country, region = excluded.region
         WHERE NOT s.in_use OR (s.zone = excluded.zone AND s.currency = excluded.currency)
       RETURNING s.store_id`,
      [tenant, store.storeId, store.name, store.zone, store.currency, store.country, store.region ?? null],
    );
    return written.length === 0 ? { status: 'refused', reason: 'storeInUse' } : { status: 'registered', store };
  }

  /** A page of stores in order of id, those after `after`. */
  async list(tenant: string, page: { readonly after?: string | undefined; readonly limit: number }): Promise<readonly Store[]> {
    const rows: StoreRow[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM earning.store WHERE tenant = $1 AND store_id > $2 ORDER BY store_id LIMIT $3`,
      [tenant, page.after ?? '', page.limit],
    );
    return rows.map(storeOf);
  }

  find(tenant: string, storeIds: Iterable<string>): Promise<ReadonlyMap<string, StoreTerms>> {
    return this.look(tenant, storeIds, (missing) => onConnection(this.dataSource, (client) => termsOf(client, { tenant, missing, lock: '' })));
  }

  findToUse(tenant: string, storeIds: Iterable<string>, client: ClientBase): Promise<ReadonlyMap<string, StoreTerms>> {
    // In order, so that two batches wait for each other in one direction only.
    return this.look(tenant, storeIds, (missing) => termsOf(client, { tenant, missing, lock: 'ORDER BY store_id FOR NO KEY UPDATE' }));
  }

  async use(tenant: string, storeIds: Iterable<string>, client: ClientBase): Promise<void> {
    const first = [...new Set(storeIds)].filter((storeId) => !this.kept.has(cacheKey(tenant, storeId)));
    if (first.length === 0) return;
    await client.query('UPDATE earning.store SET in_use = true WHERE tenant = $1 AND store_id = ANY($2::text[]) AND NOT in_use',
      [tenant, binaryArray('text', first)]);
  }

  private async look(
    tenant: string, storeIds: Iterable<string>, read: (missing: readonly string[]) => Promise<readonly TermsRow[]>,
  ): Promise<ReadonlyMap<string, StoreTerms>> {
    const found = new Map<string, StoreTerms>();
    const missing: string[] = [];
    for (const storeId of new Set(storeIds)) {
      const store = this.kept.get(cacheKey(tenant, storeId));
      if (store) found.set(storeId, store);
      else missing.push(storeId);
    }
    if (missing.length === 0) return found;
    for (const { store_id: storeId, zone, currency, in_use: fixed } of await read(missing)) {
      const terms = { storeId, zone, currency };
      found.set(storeId, terms);
      if (fixed) this.keep(tenant, terms);
    }
    return found;
  }

  private keep(tenant: string, terms: StoreTerms): void {
    this.kept.set(cacheKey(tenant, terms.storeId), terms);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= STORES_KEPT_MAX) break;
      this.kept.delete(oldest);
    }
  }
}

const termsOf = (
  client: ClientBase, { tenant, missing, lock }: { readonly tenant: string; readonly missing: readonly string[]; readonly lock: string },
): Promise<readonly TermsRow[]> => rowsOf<TermsRow>(
  client, `SELECT store_id, zone, currency, in_use FROM earning.store WHERE tenant = $1 AND store_id = ANY($2::text[]) ${lock}`,
  [tenant, binaryArray('text', missing)],
);

const cacheKey = (tenant: string, storeId: string): string => `${tenant}\n${storeId}`;

const storeOf = (row: StoreRow): Store => ({
  storeId: row.store_id, name: row.name, zone: row.zone, currency: row.currency, country: row.country, region: row.region ?? undefined,
});
