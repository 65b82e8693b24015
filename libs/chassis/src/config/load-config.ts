import type { z } from 'zod';

/** The environment does not fit: one line for each variable that is wrong, never its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads configuration from the environment by one Zod object schema whose keys are the variables' names. An empty variable
 * counts as absent. All wrong variables are reported at once (ConfigError); values are never shown: some are secrets.
 */
export function loadConfig<S extends z.ZodType>(schema: S, env: NodeJS.ProcessEnv = process.env): z.output<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.') || '(environment)'}: ${issue.message}`);
  throw new ConfigError(`Configuration is not valid:\n${lines.join('\n')}`);
}
