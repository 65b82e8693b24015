// The checks that need no server: types of everything including specs, lint, boundaries. Each names what is wrong; the first failure ends it.
import { spawnSync } from 'node:child_process';
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

for (const [name, command, args] of steps) {
  const began = performance.now();
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (done.status !== 0) {
    process.stderr.write([done.stdout, done.stderr, done.error?.message, `${name}: failed`, ''].filter((part) => part !== undefined).join('\n'));
    process.exit(1);
  }
  process.stderr.write(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
}
