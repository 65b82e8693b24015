import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { environment } from './environment.ts';
import { loadConfig } from './load-config.ts';

const needed = { DATABASE_URL: 'postgres://localhost/trebol', TREBOL_IDENTIFIER_KEY: Buffer.alloc(32, 1).toString('base64') };

describe('shared environment', () => {
  it('given only what is needed, then the rest is safe: loopback, keys asked for', () => {
    expect(loadConfig(environment, needed)).toEqual({
      DATABASE_URL: needed.DATABASE_URL, TREBOL_HOST: '127.0.0.1', TREBOL_PORT: 3000, TREBOL_OPEN: false, TREBOL_METRICS_OPEN: false,
      TREBOL_IDENTIFIER_KEY: Buffer.alloc(32, 1),
      LOG_LEVEL: 'info', TREBOL_POOL_MAX: 10, TREBOL_SHUTDOWN_NOTICE_MS: 0,
    });
  });

  it.each([
    ['TREBOL_OPEN', 'true'], ['TREBOL_OPEN', '0'], ['DATABASE_URL', 'mysql://x/y'], ['TREBOL_IDENTIFIER_KEY', 'c2hvcnQ='],
    ['TREBOL_PORT', '70000'], ['TREBOL_METRICS_OPEN', 'true'],
    ['TREBOL_IDENTIFIER_KEY', `${'A'.repeat(42)}!`], ['TREBOL_IDENTIFIER_KEY', 'a'.repeat(62)],
    ['BUS_URL', 'localhost:9092'], ['BUS_URL', 'amqp://x'], ['BUS_URL', 'kafka://'],
    ['EVENT_STORE_URL', 'kafka://a:1'], ['TREBOL_POOL_MAX', '0'], ['LOG_LEVEL', 'loud'],
  ])('given %s=%s, then it is refused by name', (name, value) => {
    expect(() => loadConfig(environment, { ...needed, [name]: value })).toThrow(name);
  });

  it('given TREBOL_OPEN=1, then open mode is on', () => {
    expect(loadConfig(environment, { ...needed, TREBOL_OPEN: '1' }).TREBOL_OPEN).toBe(true);
  });

  it.each(['base64', 'base64url', 'hex'] as const)('given the identifier key in %s, then it is the same key', (alphabet) => {
    const key = Buffer.alloc(32, 0xfb);
    expect(loadConfig(environment, { ...needed, TREBOL_IDENTIFIER_KEY: key.toString(alphabet) }).TREBOL_IDENTIFIER_KEY).toEqual(key);
  });

  it('given a service that takes some variables and adds its own, then it asks for those only, and errors name what is wrong', () => {
    const segmentation = environment.pick({ DATABASE_URL: true }).extend({ SEGMENTATION_MEMORY: z.string().regex(/^\d+MB$/, 'such as 512MB') });
    expect(loadConfig(segmentation, { ...needed, SEGMENTATION_MEMORY: '64MB' })).toEqual({ DATABASE_URL: needed.DATABASE_URL, SEGMENTATION_MEMORY: '64MB' });
    expect(() => loadConfig(segmentation, { SEGMENTATION_MEMORY: '64 secret' })).toThrow(
      'Configuration is not valid:\n  DATABASE_URL: This field is missing\n  SEGMENTATION_MEMORY: such as 512MB');
  });

  it.each([
    ['BUS_URL', 'kafka://user:pass@a:9092,b:9092?tls=true'], ['EVENT_STORE_URL', 'esdb://a:2113,b:2113'], ['EVENT_STORE_URL', 'kurrentdb+discover://a'],
    ['EVENT_STORE_URL', 'postgres://x/y'],
  ])('given %s=%s, then it is taken as it is', (name, value) => {
    expect(loadConfig(environment, { ...needed, [name]: value })).toMatchObject({ [name]: value });
  });
});
