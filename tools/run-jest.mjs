// Starts Jest on Node 24 in ESM mode whatever Node the shell has; arguments go to Jest unchanged.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const report = process.env.TREBOL_TEST_REPORT ? ['--json', `--outputFile=${process.env.TREBOL_TEST_REPORT}`] : [];
const child = spawn(join(root, 'node_modules', '.bin', 'node'),
  ['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules', 'jest', 'bin', 'jest.js'), '--config', join(root, 'jest.config.js'), ...report, ...process.argv.slice(2)],
  { stdio: report.length > 0 ? ['ignore', 'ignore', 'inherit'] : 'inherit', cwd: root });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
