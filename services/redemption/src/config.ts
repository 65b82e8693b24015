import {
  eventStoreVariable, identifierKeyVariable, processEnvironment, programmeVariables,
} from '@trebol/chassis';

/**
 * What redemption reads from the environment when it runs as a process of its own; errors name the variable.
 */
export const redemptionConfig = processEnvironment
  .extend(eventStoreVariable.shape)
  .extend(identifierKeyVariable.shape)
  .extend(programmeVariables.shape);
