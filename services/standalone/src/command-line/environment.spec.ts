import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '@trebol/chassis';
import { readEnvironment } from './environment.ts';

describe('the surroundings of a command', () => {
  it('given nothing, then keys are asked for everywhere; given the two switches, then each opens its own door', () => {
    expect(readEnvironment({})).toMatchObject({ open: false, metricsOpen: false, dataFolder: './data', identifierKey: undefined });
    expect(readEnvironment({ TREBOL_METRICS_OPEN: '1' })).toMatchObject({ open: false, metricsOpen: true });
    expect(readEnvironment({ TREBOL_OPEN: '1' })).toMatchObject({ open: true, metricsOpen: false });
  });

  it.each([['TREBOL_OPEN', 'true'], ['TREBOL_METRICS_OPEN', '0'], ['TREBOL_IDENTIFIER_KEY', 'short']])(
    'given %s=%s, then it is refused by name and not guessed at', (name, value) => {
      expect(() => readEnvironment({ [name]: value })).toThrow(ConfigError);
      expect(() => readEnvironment({ [name]: value })).toThrow(name);
    });
});
