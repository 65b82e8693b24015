import type { DataSource } from 'typeorm';
import type { Store, StoreLookup } from '../store.ts';

/** Stores kept in memory: above the largest chains' count for several tenants, about 300 bytes each. */
const STORES_KEPT_MAX = 20_000;

interface StoreRow {
  store_id: string; name: string; zone: string; currency: string; country: string; region: string | null;
}

const COLUMNS = 'store_id, name, zone, currency, country, region';

/**
 * The chain's stores, by tenant. What is looked up is kept in memory, bounded; a change through this process is seen at once, a
 * store not found is looked up again.
 */
export class StoreRegister implements StoreLookup {
  private readonly kept = new Map<string, Store>();

  constructor(private readonly dataSource: DataSource) {}

  /** Registers a store, or replaces what was known of it. */
  async put(tenant: string, store: Store): Promise<Store> {
    await this.dataSource.query(
      `INSERT INTO earning.store (tenant, store_id, name, zone, currency, country, region) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (tenant, store_id) DO UPDATE SET name = excluded.name, zone = excluded.zone, currency = excluded.currency,
         country = excluded.country, region = excluded.region`,
      [tenant, store.storeId, store.name, store.zone, store.currency, store.country, store.region ?? null],
    );
    this.kept.delete(cacheKey(tenant, store.storeId));
    return store;
  }

  /** A page of stores in order of id, those after `after`. */
  async list(tenant: string, page: { readonly after?: string | undefined; readonly limit: number }): Promise<readonly Store[]> {
    const rows: StoreRow[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM earning.store WHERE tenant = $1 AND store_id > $2 ORDER BY store_id LIMIT $3`,
      [tenant, page.after ?? '', page.limit],
    );
    return rows.map(storeOf);
  }

  async find(tenant: string, storeIds: Iterable<string>): Promise<ReadonlyMap<string, Store>> {
    const found = new Map<string, Store>();
    const missing: string[] = [];
    for (const storeId of new Set(storeIds)) {
      const store = this.kept.get(cacheKey(tenant, storeId));
      if (store) found.set(storeId, store);
      else missing.push(storeId);
    }
    if (missing.length === 0) return found;
    const rows: StoreRow[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM earning.store WHERE tenant = $1 AND store_id = ANY($2::text[])`, [tenant, missing],
    );
    for (const row of rows) {
      this.keep(tenant, storeOf(row));
      found.set(row.store_id, storeOf(row));
    }
    return found;
  }

  private keep(tenant: string, store: Store): void {
    this.kept.set(cacheKey(tenant, store.storeId), store);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= STORES_KEPT_MAX) break;
      this.kept.delete(oldest);
    }
  }
}

const cacheKey = (tenant: string, storeId: string): string => `${tenant}\n${storeId}`;

const storeOf = (row: StoreRow): Store => ({
  storeId: row.store_id, name: row.name, zone: row.zone, currency: row.currency, country: row.country, region: row.region ?? undefined,
});
