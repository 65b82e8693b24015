import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, loadConfig } from './load-config.ts';

const schema = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000), DATABASE_URL: z.url(), SECRET: z.string().min(32),
});

describe('configuration', () => {
  it('given good variables, then they are typed, and an empty one counts as absent', () => {
    const env = { PORT: '', DATABASE_URL: 'postgres://x/y', SECRET: 'a'.repeat(32), OTHER: '1' };
    expect(loadConfig(schema, env)).toEqual({ PORT: 3000, DATABASE_URL: 'postgres://x/y', SECRET: 'a'.repeat(32) });
  });

  it('given three wrong variables, then one error names all three and shows no value', () => {
    const wrong = () => loadConfig(schema, { PORT: '99999', SECRET: 'hunter2' });
    expect(wrong).toThrow(ConfigError);
    expect(wrong).toThrow(/PORT: .*\n {2}DATABASE_URL: .*\n {2}SECRET: /);
    expect(wrong).not.toThrow(/hunter2|99999/);
  });
});
