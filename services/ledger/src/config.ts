import { eventStoreVariable, processEnvironment, programmeVariables } from '@trebol/chassis';

/**
 * What the ledger reads from the environment when it runs as a process of its own; errors name the variable.
 */
export const ledgerConfig = processEnvironment.extend(
  eventStoreVariable.shape
).extend(programmeVariables.shape);
