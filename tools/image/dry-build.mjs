// Runs the build stage of deploy/Dockerfile without an engine: its COPY and RUN steps in an empty folder, from exactly the files
// that a build would be sent, and then each service's entry with an empty environment. What it cannot show is the base image and
// the final stage. Takes some two minutes and the packages' registry.
//   node tools/image/dry-build.mjs [--keep]
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';
import { filesOf, sends } from './build-context.mjs';
import { parseDockerfile } from './dockerfile-rules.mjs';

const root = join(import.meta.dirname, '..', '..');
const read = (path) => readFileSync(join(root, path), 'utf8');
const say = (line) => process.stderr.write(`${line}\n`);
/** Exit code of a service whose environment is wrong: it was loaded, and says what it needs. */
const WRONG_ENVIRONMENT = 2;

/** COPY from the context: each source that was sent, to where the step says. */
function copy(context, folder, words) {
  const target = words.at(-1);
  for (const source of words.slice(0, -1)) {
    const files = context.filter((path) => path === source || path.startsWith(`${source}/`));
    if (files.length === 0) throw new Error(`COPY ${source}: not in what is sent`);
    for (const path of files) {
      const within = path === source ? (target.endsWith('/') ? join(target, path.split('/').at(-1)) : target) : join(target, path.slice(source.length));
      cpSync(join(root, path), join(folder, within));
    }
  }
}

const folder = mkdtempSync(join(tmpdir(), 'trebol-image-'));
// The image brings its own Node of this version; here it comes with the packages.
const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, HOME: process.env.HOME };
try {
  const context = filesOf(root).filter((path) => sends(read('.dockerignore'), path));
  for (const { name, rest } of parseDockerfile(read('deploy/Dockerfile')).filter(({ stage }) => stage === 0)) {
    if (name === 'COPY') copy(context, folder, rest.split(/\s+/));
    if (name !== 'RUN') continue;
    say(`RUN ${rest}`);
    execFileSync('sh', ['-c', rest], { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'] });
  }
  const entries = globSync('services/*/dist/main.js', { cwd: folder });
  for (const entry of entries) {
    const { status, stderr } = spawnSync(process.execPath, ['--import', '@trebol/chassis/otel', entry], { cwd: folder, env, encoding: 'utf8' });
    if (status !== WRONG_ENVIRONMENT) throw new Error(`${entry} ended with ${status}: ${stderr}`);
    say(`${entry}: loads, and asks for its environment`);
  }
  const cli = spawnSync(process.execPath, ['--import', '@trebol/chassis/otel', 'services/standalone/dist/command-line/trebol.js', '--help'], { cwd: folder, env, encoding: 'utf8' });
  const sources = globSync(['libs/*/src', 'services/*/src'], { cwd: folder }).filter((path) => existsSync(join(folder, path)));
  if (cli.status !== 0 || entries.length === 0 || sources.length > 0) throw new Error(`not what an image holds: ${cli.stderr} ${sources.join(', ')}`);
  say(`built from ${context.length} files; no engine was asked`);
} finally {
  if (process.argv.includes('--keep')) say(folder);
  else rmSync(folder, { recursive: true, force: true });
}
