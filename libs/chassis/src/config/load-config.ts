import type { z } from 'zod';
import { fieldErrors, type ToldFieldError } from '../validation/field-errors.ts';

/** The environment does not fit: one line for each variable that is wrong, never its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly wrong: readonly WrongVariable[]) {
    super(`Configuration is not valid:\n${wrong.map(({ name, message }) => `  ${name}: ${message.en}`).join('\n')}`);
  }
}

export interface WrongVariable { readonly name: string; readonly message: ToldFieldError['message'] }

/**
 * Reads configuration from the environment by one Zod object schema whose keys are the variables' names. An empty variable
 * counts as absent. All wrong variables are reported at once (ConfigError); values are never shown: some are secrets.
 */
export function loadConfig<S extends z.ZodType>(schema: S, env: NodeJS.ProcessEnv = process.env): z.output<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  throw new ConfigError(fieldErrors(schema, given, '').map(
    ({ pointer, message }) => ({ name: pointer.slice(1).replaceAll('/', '.') || '(environment)', message }),
  ));
}
