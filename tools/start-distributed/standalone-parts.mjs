// What the local start shares with the platform in one process: the same data folder, the same preparation of
// a database. It is reached here and nowhere else.
export { openDataFolder } from '../../services/standalone/dist/platform/data-folder.js';
export { lastRecorded } from '../../services/standalone/dist/platform/recorded-time.js';
export { openOperations } from '../../services/standalone/dist/operations/open-operations.js';
export { prepareDatabase } from '../../services/standalone/dist/operations/prepare-database.js';
export { concurrently } from '../../services/standalone/dist/demo/concurrently.js';
export { demoLog, readDemoCards, readDemoStores } from '../../services/standalone/dist/demo/demo-data.js';
