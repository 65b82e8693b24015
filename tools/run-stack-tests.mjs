// Stack tests: whole processes over real servers, on loopback, bounded in time. Arguments go to Jest.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const done = spawnSync(process.execPath, [join(import.meta.dirname, 'run-jest.mjs'), '--runInBand', '--passWithNoTests', ...process.argv.slice(2)], {
  stdio: 'inherit', env: { ...process.env, TREBOL_STACK: '1' },
});
process.exit(done.status ?? 1);
