import { dataFolderVariable, processEnvironment } from '@trebol/chassis';

/**
 * What segmentation reads from the environment when it runs as a process of its own; errors name the
 * variable.
 */
export const segmentationConfig = processEnvironment
  // Facts, spills and exports; backed up together with the database.
  .extend(dataFolderVariable.shape);
