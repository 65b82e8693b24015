import { identifierKeyVariable, processEnvironment } from '@trebol/chassis';

/**
 * What enrollment reads from the environment when it runs as a process of its own; errors name the variable.
 */
export const enrollmentConfig = processEnvironment.extend(identifierKeyVariable.shape).extend({
  /**
   * Role that may write schema `access`: with it this process serves `/v1/keys`; absent: keys are made by
   * `trebol keys`.
   */
  TREBOL_ACCESS_URL: processEnvironment.shape.DATABASE_URL.optional(),
});
