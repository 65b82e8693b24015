// Runs the specs against one mutant after the other, in one process: the mutants are all in the code, a global says which is active.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const SEED = 20261123;
/** So many times the hits of the same test without the mutant: beyond it it is an endless loop. */
const HITS_MAX = 20;

const [folder] = process.argv.slice(2);
process.on('disconnect', () => process.exit());
const COVERAGE = join(folder, 'coverage.json');
const shim = new URL('jest-globals.mjs', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) => (specifier === '@jest/globals' ? { url: shim, shortCircuit: true } : next(specifier, context)),
});
const stryker = globalThis.__stryker__ = { activeMutant: process.argv[3], mutantCoverage: { static: {}, perTest: {} } };
const { collected } = await import(shim);
const fc = await import(import.meta.resolve('fast-check', pathToFileURL(`${folder}/src/`)));
fc.configureGlobal({ seed: SEED, endOnFailure: true });

const loaded = await attempt(async () => {
  for (const spec of globSync('src/**/*.spec.ts', { cwd: folder }).toSorted()) await import(pathToFileURL(join(folder, spec)).href);
});

async function attempt(run) {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error;
  }
}

async function failureOf(test) {
  return attempt(async () => {
    for (const prepare of test.before) await prepare();
    await test.run();
  });
}

/** The tests as they are without a mutant: how long each takes and what it runs over. Kept for a worker that has to start again. */
async function dryRun() {
  if (existsSync(COVERAGE)) return remembered();
  for (const [id, test] of collected.entries()) {
    stryker.currentTestId = String(id);
    const began = performance.now();
    const failure = await failureOf(test);
    if (failure !== undefined) throw new Error(`without any mutant: ${test.name}`, { cause: failure });
    test.took = performance.now() - began;
    test.hits = stryker.mutantCoverage.perTest[id] ?? {};
  }
  stryker.currentTestId = undefined;
  const once = Object.keys(stryker.mutantCoverage.static);
  writeFileSync(COVERAGE, JSON.stringify({ once, tests: collected.map(({ took, hits }) => ({ took, hits })) }));
  return once;
}

function remembered() {
  const { once, tests } = JSON.parse(readFileSync(COVERAGE, 'utf8'));
  for (const [id, test] of tests.entries()) Object.assign(collected[id], test);
  return once;
}

/** The first test that fails with the mutant; undefined: it lives. */
async function killerOf(mutant, tests) {
  stryker.activeMutant = mutant;
  let killer;
  for (const test of tests) {
    stryker.hitCount = 0;
    stryker.hitLimit = test.hits === undefined ? Infinity : HITS_MAX * (test.hits[mutant] ?? 0) + 1000;
    if (await failureOf(test) === undefined) continue;
    killer = test.name;
    break;
  }
  stryker.activeMutant = undefined;
  stryker.hitCount = undefined;
  return killer;
}

async function judge(id) {
  const tests = collected.filter(({ hits }) => hits[id] !== undefined).toSorted((a, b) => a.took - b.took);
  process.send({ id, uncovered: tests.length === 0, killer: await killerOf(id, tests) });
}

const mutant = process.argv[3];
if (mutant !== undefined) {
  const { tests } = JSON.parse(readFileSync(COVERAGE, 'utf8'));
  const quickFirst = [...collected.entries()].toSorted(([a], [b]) => tests[a].took - tests[b].took).map(([, test]) => test);
  const killer = loaded === undefined ? await killerOf(mutant, quickFirst) : 'does not load';
  process.send({ id: mutant, killer });
} else {
  if (loaded !== undefined) throw loaded;
  process.send({ ready: collected.length, once: await dryRun() });
  process.on('message', ({ id }) => { void judge(id); });
}
