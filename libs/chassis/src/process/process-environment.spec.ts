import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../config/load-config.ts';
import { processEnvironment } from './process-environment.ts';

describe('the environment of a service', () => {
  it('given a database alone, then a service may start on loopback in real time', () => {
    expect(loadConfig(processEnvironment, { DATABASE_URL: 'postgres://localhost/x' })).toMatchObject({
      TREBOL_HOST: '127.0.0.1', TREBOL_PORT: 3000, TREBOL_OPEN: false, TREBOL_METRICS_OPEN: false,
      TREBOL_STOP_WITH_STDIN: false,
    });
  });

  it.each([
    ['TREBOL_TEST_CLOCK_OFFSET_MS', '1e99'], ['TREBOL_STOP_WITH_STDIN', 'yes'], ['DATABASE_URL', 'kafka://x'],
    ['TREBOL_PORT', '-1'], ['TREBOL_TEST_CRASH_AT', 'after-lunch'],
  ])(
    'given %s=%s, then it is refused by name', (name, value) => {
      expect(
        () => loadConfig(processEnvironment, { DATABASE_URL: 'postgres://localhost/x', [name]: value })
      ).toThrow(name);
    });
});
