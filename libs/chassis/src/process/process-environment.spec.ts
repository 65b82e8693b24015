import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../config/load-config.ts';
import { identifierKeyVariable, processEnvironment } from './process-environment.ts';

const key = Buffer.from('0123456789abcdef0123456789abcdef');

describe('the environment of a service', () => {
  it.each([
    ['hexadecimal', key.toString('hex')], ['base64', key.toString('base64')], [
      'base64url', key.toString('base64url'),
    ],
  ])('given the identifier key in %s, then it is the same 32 bytes', (_name, text) => {
    expect(
      loadConfig(identifierKeyVariable, { TREBOL_IDENTIFIER_KEY: text }).TREBOL_IDENTIFIER_KEY
    ).toEqual(key);
  });

  it.each([['too short', 'c2hvcnQ='], ['no encoding', 'ñ'.repeat(50)], ['absent', undefined]])(
    'given an identifier key that is %s, then the error names the variable', (_name, text) => {
      expect(
        () => loadConfig(identifierKeyVariable, { TREBOL_IDENTIFIER_KEY: text })
      ).toThrow('TREBOL_IDENTIFIER_KEY');
    });

  it('given a database alone, then a service may start on loopback in real time', () => {
    expect(loadConfig(processEnvironment, { DATABASE_URL: 'postgres://localhost/x' })).toMatchObject({
      TREBOL_HOST: '127.0.0.1', TREBOL_PORT: 3000, TREBOL_OPEN: false, TREBOL_STOP_WITH_STDIN: false,
    });
  });

  it.each([
    ['TREBOL_TEST_CLOCK_OFFSET_MS', '1e99'], ['TREBOL_STOP_WITH_STDIN', 'yes'], ['DATABASE_URL', 'kafka://x'],
    ['TREBOL_PORT', '-1'],
  ])(
    'given %s=%s, then it is refused by name', (name, value) => {
      expect(
        () => loadConfig(processEnvironment, { DATABASE_URL: 'postgres://localhost/x', [name]: value })
      ).toThrow(name);
    });
});
