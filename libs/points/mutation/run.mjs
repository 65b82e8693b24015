// Mutation testing of libs/points. See README, "Mutation testing".
//   node run.mjs <folder with @stryker-mutator/instrumenter> [--only=wallet,decide] [--share=0.5] [--out=report.json]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const LIB = join(import.meta.dirname, '..');
const FOLDERS = 'wallet,decide,expiry,books,codec,shell';
/** Texts are messages and names; what they must be is said by golden streams. */
const EXCLUDED = ['StringLiteral'];
/** These remember what they once computed: a mutant would leave its mark on the next ones, so each has a process of its own. */
const WITH_MEMORY = ['src/codec/day.ts', 'src/identity.ts'];
/** Endless loops are ended by the count of their hits; this is for the few that go round where no mutant is. */
const MUTANT_SECONDS_MAX = 240;
const START_SECONDS_MAX = 300;
const SEED = 20261123;

const { positionals: [tools], values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: FOLDERS }, share: { type: 'string', default: '1' }, out: { type: 'string' } },
});
if (tools === undefined) throw new Error('Usage: run.mjs <folder with @stryker-mutator/instrumenter in its node_modules>');

/** The process that runs all mutants but a few. */
let shared;
const sandbox = mkdtempSync(join(tmpdir(), 'mutation-'));
process.on('exit', () => {
  shared?.child.kill('SIGKILL');
  rmSync(sandbox, { recursive: true, force: true });
});
// Stopped early, it says what it has found so far.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, report);
const mutants = await instrumented();
const sampled = sample(mutants, Number(values.share));
const results = [];

async function instrumented() {
  const require = createRequire(pathToFileURL(join(tools, 'package.json')));
  const { Instrumenter } = await import(pathToFileURL(require.resolve('@stryker-mutator/instrumenter')).href);
  cpSync(join(LIB, 'src'), join(sandbox, 'src'), { recursive: true, filter: (name) => !name.endsWith('.int.spec.ts') });
  cpSync(join(LIB, 'package.json'), join(sandbox, 'package.json'));
  symlinkSync(join(LIB, '..', '..', 'node_modules'), join(sandbox, 'node_modules'));
  const wanted = values.only.split(',').flatMap((part) => (part.endsWith('.ts') ? [`src/${part}`] : globSync(`src/${part}/**/*.ts`, { cwd: sandbox })));
  const files = wanted.filter((name) => !name.endsWith('.spec.ts')).toSorted()
    .map((name) => ({ name, mutate: true, content: readFileSync(join(sandbox, name), 'utf8') }));
  const silent = { debug() {}, info() {}, warn: console.warn, isDebugEnabled: () => false };
  const result = await new Instrumenter(silent).instrument(files, { plugins: null, excludedMutations: EXCLUDED, ignorers: [] });
  for (const file of result.files) writeFileSync(join(sandbox, file.name), file.content);
  return result.mutants.filter(({ status }) => status !== 'Ignored').map((mutant) => ({ ...mutant, file: mutant.fileName, line: mutant.location.start.line + 1, was: textOf(files, mutant) }));
}

function textOf(files, { fileName, location: { start, end } }) {
  const lines = files.find((file) => file.name === fileName).content.split('\n').slice(start.line, end.line + 1);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column);
  lines[0] = lines[0].slice(start.column);
  return lines.join(' ').replaceAll(/\s+/g, ' ').slice(0, 90);
}

/** A fair part of them: a fixed sequence of numbers, the same on every machine. */
function sample(all, share) {
  let state = SEED;
  return all.filter(() => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 < share;
  });
}

function worker(...args) {
  const child = fork(join(import.meta.dirname, 'worker.mjs'), [sandbox, ...args], {
    execArgv: ['-C', '@trebol/source', '--experimental-transform-types', '--no-warnings', '--max-old-space-size=1500'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const answer = async (seconds = MUTANT_SECONDS_MAX) => {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(seconds * 1000)]);
    try {
      const ended = once(child, 'exit', { signal }).then(() => [{ killer: 'the process ended' }]);
      return (await Promise.race([once(child, 'message', { signal }), ended]))[0];
    } catch {
      return { killer: 'took too long' };
    } finally {
      over.abort();
    }
  };
  return { child, answer };
}

async function sharedWorker() {
  shared = worker();
  const ready = await shared.answer(START_SECONDS_MAX);
  if (ready.ready === undefined) throw new Error('the specs do not pass without a mutant');
  shared.once = new Set(ready.once);
}

async function judged(mutant) {
  const ownProcess = shared.once.has(mutant.id) || WITH_MEMORY.includes(mutant.file);
  const runner = ownProcess ? worker(mutant.id) : shared;
  if (!ownProcess) shared.child.send({ id: mutant.id });
  const { killer, uncovered } = await runner.answer();
  if (ownProcess) runner.child.kill('SIGKILL');
  else if (killer === 'took too long' || killer === 'the process ended') {
    shared.child.kill('SIGKILL');
    await sharedWorker();
  }
  return { ...mutant, killer, uncovered };
}

await sharedWorker();
for (const mutant of sampled) {
  const result = await judged(mutant);
  results.push(result);
  if (result.killer === undefined) {
    const { file, line, mutatorName, was, replacement, uncovered, id } = result;
    console.log(`${uncovered ? 'no test' : 'lives  '} #${id} ${file}:${line} ${mutatorName}: ${was} → ${replacement.replaceAll(/\s+/g, ' ').slice(0, 90)}`);
  }
}
report();

function report() {
  const folderOf = ({ file }) => file.split('/').slice(1, -1).join('/') || 'src';
  for (const [name, of] of Object.entries(Object.groupBy(results, folderOf))) {
    const killed = of.filter((result) => result.killer !== undefined).length;
    console.log(`${name}: ${killed} of ${of.length} killed, ${(100 * killed / of.length).toFixed(1)} %`);
  }
  if (values.out !== undefined) writeFileSync(values.out, JSON.stringify(results, null, 1));
  process.exit(0);
}
