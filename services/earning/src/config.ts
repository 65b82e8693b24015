import {
  dataFolderVariable, eventStoreVariable, identifierKeyVariable, processEnvironment, programmeVariables,
} from '@trebol/chassis';

/** What earning reads from the environment when it runs as a process of its own; errors name the variable. */
export const earningConfig = processEnvironment
  .extend(eventStoreVariable.shape)
  .extend(identifierKeyVariable.shape)
  .extend(programmeVariables.shape)
  // Uploads are kept here until they are imported.
  .extend(dataFolderVariable.shape);
