import { describe, expect, it } from '@jest/globals';
import { environment } from './environment.ts';
import { loadConfig } from './load-config.ts';

const needed = { DATABASE_URL: 'postgres://localhost/trebol', TREBOL_IDENTIFIER_KEY: Buffer.alloc(32, 1).toString('base64') };

describe('shared environment', () => {
  it('given only what is needed, then the rest is safe: loopback, keys asked for', () => {
    expect(loadConfig(environment, needed)).toEqual({
      DATABASE_URL: needed.DATABASE_URL, TREBOL_HOST: '127.0.0.1', TREBOL_PORT: 3000, TREBOL_OPEN: false,
      TREBOL_IDENTIFIER_KEY: Buffer.alloc(32, 1),
      LOG_LEVEL: 'info', TREBOL_POOL_MAX: 10, TREBOL_SHUTDOWN_NOTICE_MS: 0,
    });
  });

  it.each([
    ['TREBOL_OPEN', 'true'], ['TREBOL_OPEN', '0'], ['DATABASE_URL', 'mysql://x/y'], ['TREBOL_IDENTIFIER_KEY', 'c2hvcnQ='],
    ['TREBOL_PORT', '70000'], ['LOG_LEVEL', 'loud'],
  ])('given %s=%s, then it is refused by name', (name, value) => {
    expect(() => loadConfig(environment, { ...needed, [name]: value })).toThrow(name);
  });

  it('given TREBOL_OPEN=1, then open mode is on', () => {
    expect(loadConfig(environment, { ...needed, TREBOL_OPEN: '1' }).TREBOL_OPEN).toBe(true);
  });
});
