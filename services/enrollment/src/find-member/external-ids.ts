import type { DataSource } from 'typeorm';

/** Member id → the id the chain knows the member by, for those that have one. For reports that must read the same in every installation. */
export async function externalIdsOf(dataSource: DataSource, tenant: string): Promise<ReadonlyMap<string, string>> {
  const rows: { member_id: string; external_id: string }[] = await dataSource.query(
    'SELECT member_id, external_id FROM enrollment.member WHERE tenant = $1 AND external_id IS NOT NULL', [tenant]);
  return new Map(rows.map((row) => [row.member_id, row.external_id]));
}
