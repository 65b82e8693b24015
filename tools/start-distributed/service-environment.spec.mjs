import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { SERVICES } from './routes.mjs';
import { environmentOf } from './service-environment.mjs';

const PASSED_ON = [
  'TREBOL_ZONE', 'TREBOL_POINT_TYPES', 'TREBOL_REVERSAL_POLICY', 'TREBOL_RETURN_WINDOW_DAYS', 'TREBOL_METRICS_OPEN',
  'TREBOL_SHUTDOWN_NOTICE_MS', 'TREBOL_TRACE_KAFKA',
];
const role = (name) => ({ url: `postgres://trebol_${name}@127.0.0.1/trebol` });
const stores = {
  folder: { files: '/files', analytics: '/analytics' }, broker: { url: 'kafka://127.0.0.1:9092' }, identifierKey: 'secret',
  roles: Object.fromEntries([...SERVICES, 'bus', 'eventStore', 'access'].map((name) => [name, role(name)])),
};

describe('the environment of a service', () => {
  it.each(SERVICES)('given what an operator sets for all services, when %s is started, then it has it', (service) => {
    const own = Object.fromEntries(PASSED_ON.map((name) => [name, `${name} of the operator`]));
    expect(environmentOf(service, stores, own)).toMatchObject(own);
    expect(Object.keys(environmentOf(service, stores, {}))).not.toEqual(expect.arrayContaining(PASSED_ON));
  });

  it('given what this process stands on itself, when a service is started, then it sees its own role and nothing of the others', () => {
    const own = { DATABASE_URL: 'postgres://root@x/y', TREBOL_KEY: 'k', TREBOL_DATA: './data', NODE_OPTIONS: '--x', PATH: '/bin' };
    expect(environmentOf('redemption', stores, own)).toMatchObject({
      PATH: '/bin', DATABASE_URL: role('redemption').url, EVENT_STORE_URL: role('eventStore').url, TREBOL_IDENTIFIER_KEY: 'secret',
    });
    const given = Object.keys(environmentOf('redemption', stores, own));
    expect(given.filter((name) => ['TREBOL_KEY', 'TREBOL_DATA', 'NODE_OPTIONS', 'TREBOL_ACCESS_URL'].includes(name))).toEqual([]);
    const elsewhere = { ...stores, eventStoreUrl: 'esdb://a:2113' };
    expect(environmentOf('earning', elsewhere, own).EVENT_STORE_URL).toBe('esdb://a:2113');
  });

  it('given docker-compose, then it names the same for every container of a service', () => {
    const compose = readFileSync(join(import.meta.dirname, '..', '..', 'docker-compose.yml'), 'utf8');
    const [, shared = ''] = /^x-telemetry: &telemetry\n((?: {2}.*\n)+)/m.exec(compose) ?? [];
    expect(PASSED_ON.filter((name) => !shared.includes(`  ${name}: \${${name}:-}`))).toEqual([]);
    for (const service of SERVICES) {
      expect(compose).toMatch(new RegExp(`\n  ${service}:\n(?: {4}.*\n)*    environment:\n      <<: \\*telemetry\n`));
    }
  });
});
