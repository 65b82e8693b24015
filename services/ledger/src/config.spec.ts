import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '@trebol/chassis';
import { RETURN_WINDOW_DAYS } from '@trebol/points';
import { ledgerConfig } from './config.ts';

const enough = { DATABASE_URL: 'postgres://localhost/trebol', TREBOL_IDENTIFIER_KEY: 'ab'.repeat(32) };

describe('the environment of ledger', () => {
  it('given what it needs, then it starts with what is left out set safely', () => {
    expect(loadConfig(ledgerConfig, enough)).toMatchObject({
      TREBOL_HOST: '127.0.0.1', TREBOL_PORT: 3000, TREBOL_OPEN: false,
    });
  });

  it('given no return window, then it is what the ledger keeps by itself', () => {
    expect(loadConfig(ledgerConfig, enough).TREBOL_RETURN_WINDOW_DAYS).toBe(RETURN_WINDOW_DAYS);
  });

  it.each(['DATABASE_URL'])('given no %s, then the error names it', (name) => {
    expect(() => loadConfig(ledgerConfig, { ...enough, [name]: '' })).toThrow(name);
  });

  it.each([['EVENT_STORE_URL', 'nowhere']])('given %s=%s, then it is refused by name', (name, value) => {
    expect(() => loadConfig(ledgerConfig, { ...enough, [name]: value })).toThrow(name);
  });
});
