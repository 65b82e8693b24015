import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CONSUMER_GROUPS } from './consumer-groups.ts';

const services = join(import.meta.dirname, '..', '..', '..');

describe('consumer groups', () => {
  it('given what the services declare, then dead letters of every group can be listed', () => {
    const sources = globSync('*/src/**/*.controller.ts', { cwd: services }).map(
      (path) => readFileSync(join(services, path), 'utf8')
    );
    const declared = sources.flatMap(
      (text) => [...text.matchAll(/@EventPattern[^)]*group: '([^']+)'/g)].map(([, group]) => group)
    );
    expect(declared.length).toBeGreaterThan(0);
    expect(new Set(declared)).toEqual(new Set(CONSUMER_GROUPS));
  });
});
