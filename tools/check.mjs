// The checks that need no server: types of everything including specs, lint, boundaries. Each names what is wrong.
import { execFile } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);
/** @type {[string, string, string[]][]} */
const steps = [
  ['types', bin('tsc'), ['-p', 'tsconfig.spec.json']],
  ['lint', bin('oxlint'), ['--type-aware', '--deny-warnings', 'libs', 'services', 'tools']],
  ['boundaries', bin('node'), ['tools/boundaries/check.mjs']],
  ['generated files', bin('node'), ['tools/gen.mjs', '--check']],
];

// Side by side: each is one thread most of the time.
const ended = await Promise.all(steps.map(([name, command, args]) => new Promise((resolve) => {
  const began = performance.now();
  execFile(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
    process.stderr.write(`${error ? `${stdout}${stderr}${error.code ?? error.message}\n${name}: failed\n` : `${name}: ${((performance.now() - began) / 1000).toFixed(1)} s\n`}`);
    resolve(!error);
  });
})));
process.exit(ended.every(Boolean) ? 0 : 1);
