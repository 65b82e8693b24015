import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { nginxConfiguration } from './nginx-configuration.mjs';
import { OWNERS, SERVICES, serviceOf } from './routes.mjs';

describe('the front door', () => {
  it.each([
    ['/v1/members', 'enrollment'], ['/v1/members/mbr_1', 'enrollment'], [
      '/v1/members/mbr_1/identifiers/block', 'enrollment',
    ],
    ['/v1/members/mbr_1/balance', 'ledger'], ['/v1/members/mbr_1/entries', 'ledger'], [
      '/v1/members/mbr_1/balance/x', 'enrollment',
    ],
    ['/v1/transactions/a~b/claim', 'earning'], ['/v1/till/member-card', 'redemption'], [
      '/v1/segments/rf25:champions/members', 'segmentation',
    ],
    ['/v1/nothing', undefined], ['/v2/members', undefined], ['/', undefined],
  ])('given %s, then %s answers', (path, service) => {
    expect(serviceOf(path)).toBe(service);
  });

  it('given the table, then it names services that exist', () => {
    expect(Object.values(OWNERS).filter((service) => !SERVICES.includes(service))).toEqual([]);
  });

  it('given the nginx of docker-compose, then it is the one made from the table', () => {
    const kept = readFileSync(
      join(import.meta.dirname, '..', '..', 'deploy', 'compose', 'nginx.conf'), 'utf8'
    );
    expect(kept).toBe(nginxConfiguration());
  });
});
