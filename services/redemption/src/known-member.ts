import { Problem } from '@trebol/chassis';
import type { DataSource } from 'typeorm';

/** Refusal: `memberNotFound` for somebody enrollment has not told of. */
export async function knownOrRefused(dataSource: DataSource, tenant: string, memberId: string): Promise<void> {
  const known: unknown[] = await dataSource.query(
    'SELECT 1 FROM redemption.member WHERE tenant = $1 AND member_id = $2', [tenant, memberId]);
  if (known.length === 0) throw new Problem('memberNotFound');
}
