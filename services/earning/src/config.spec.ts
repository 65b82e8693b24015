import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '@trebol/chassis';
import { earningConfig } from './config.ts';

const enough = { DATABASE_URL: 'postgres://localhost/trebol', TREBOL_IDENTIFIER_KEY: 'ab'.repeat(32) };

describe('the environment of earning', () => {
  it('given what it needs, then it starts with what is left out set safely', () => {
    expect(loadConfig(earningConfig, enough)).toMatchObject({
      TREBOL_HOST: '127.0.0.1', TREBOL_PORT: 3000, TREBOL_OPEN: false,
    });
  });

  it.each(['DATABASE_URL', 'TREBOL_IDENTIFIER_KEY'])('given no %s, then the error names it', (name) => {
    expect(() => loadConfig(earningConfig, { ...enough, [name]: '' })).toThrow(name);
  });

  it.each([['EVENT_STORE_URL', 'nowhere']])('given %s=%s, then it is refused by name', (name, value) => {
    expect(() => loadConfig(earningConfig, { ...enough, [name]: value })).toThrow(name);
  });
});
