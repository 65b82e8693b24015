// Makes a checkout ready: installs the locked packages when they are missing or older than the lock file, then builds
// what changed. Runs on the system's Node (20 or later) because Node 24 itself comes with the packages. Offline once done.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, symlinkSync, writeFileSync, chmodSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const marker = join(root, 'node_modules', '.trebol-lock');
const lockHash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}` };

const run = (what, command, args) => {
  const began = performance.now();
  process.stderr.write(`${what} …\n`);
  const done = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 64 << 20 });
  if (done.status !== 0) {
    process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error ?? ''}\n${what}: failed\n`);
    process.exit(done.status || 1);
  }
  process.stderr.write(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
};

const installed = existsSync(marker) && readFileSync(marker, 'utf8') === lockHash;
if (!installed) {
  run('Installing packages (npm ci)', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(marker, lockHash);
}
linkCommandLine();
run('Building', join(root, 'node_modules', '.bin', 'tsc'), ['-b', 'tsconfig.json']);
linkCommandLine();

/** npm links a workspace's bin only when its file exists; ours is built, so the link is made here. */
function linkCommandLine() {
  const target = join(root, 'services', 'standalone', 'dist', 'command-line', 'trebol.js');
  const link = join(root, 'node_modules', '.bin', 'trebol');
  if (!existsSync(target)) return;
  chmodSync(target, 0o755);
  if (!existsSync(link)) symlinkSync(join('..', '..', 'services', 'standalone', 'dist', 'command-line', 'trebol.js'), link);
}
