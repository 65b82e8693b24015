import { readdirSync } from 'node:fs';

const swc = ['@swc/jest', {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
    target: 'es2022',
  },
  module: { type: 'es6' },
}];

/** Stack tests start whole processes and servers; `npm run test:stack` sets this. */
const stack = process.env.TREBOL_STACK === '1';

const project = (folder, name) => ({
  displayName: name,
  rootDir: `./${folder}/${name}`,
  testEnvironment: 'node',
  testMatch: [stack ? '<rootDir>/src/**/*.stack.spec.ts' : '<rootDir>/src/**/*.spec.ts'],
  testPathIgnorePatterns: stack ? ['/node_modules/'] : ['/node_modules/', '\\.stack\\.spec\\.ts$'],
  transform: { '\\.ts$': swc },
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironmentOptions: { customExportConditions: ['@trebol/source', 'node', 'node-addons'] },
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  globalSetup: `${import.meta.dirname}/tools/jest/start-postgres.mjs`,
  globalTeardown: `${import.meta.dirname}/tools/jest/stop-postgres.mjs`,
});

/** One project for each lib and service; embedded PostgreSQL is started once for all of them. */
export default {
  projects: [{ ...project('.', 'tools'), testMatch: ['<rootDir>/**/*.spec.mjs'], rootDir: './tools' }, ...['libs', 'services'].flatMap((folder) =>
    readdirSync(new URL(folder, import.meta.url), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => project(folder, entry.name)))],
  testTimeout: 30_000,
  // ESM modules of a suite are not freed by Node: workers that have grown are replaced. Three also when the machine has two cores: most
  // suites wait for PostgreSQL half of their time.
  maxWorkers: 3,
  workerIdleMemoryLimit: '700MB',
};
