// Kills the platform in one process at every crash point of an import, of a till's commands, a transfer, a merge, and of closing books and booking
// what has lapsed; starts it again, has the step done again with the same keys, and verifies: each time. What is left at the end is compared with
// a run in which nothing died.
// Each point `--runs` times, dealt among the steps that come to it; `--short`: each point once in an import, and each other step once.
//   node tools/start-distributed/crashes.mjs [--runs 20] [--short] [--seed 1] [--event-store postgres|rig] [--rows-each 1500] [--json]
// Exit 1: a difference. The same seed dies at the same times.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { casesOf, STEPS, timeAfter } from './crash-steps.mjs';
import { openEventStore } from './event-store-rig.mjs';
import { enrolAll, writeParts } from './fault-sample.mjs';
import { OneProcess } from './one-process.mjs';
import { summary } from './recovery.mjs';
import { seeded } from './seeded.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' }, short: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' },
    'event-store': { type: 'string', default: 'postgres' }, 'rows-each': { type: 'string', default: '1500' },
    json: { type: 'boolean', default: false },
  },
});
const tell = (found, text) => { if (values.json) process.stdout.write(`${JSON.stringify(found)}\n`); else process.stderr.write(`${text}\n`); };
const base = await mkdtemp(join(tmpdir(), 'trebol-crashes-'));
const cases = casesOf({ runs: Number(values.runs), short: values.short, random: seeded(Number(values.seed)) });
const imports = cases.filter(({ step }) => step === 'import');

/** The sequence on a platform of its own, with its deaths or without; answers what each case was and what is left. */
async function sequence(name, parts, deadly) {
  const folder = join(base, name);
  const store = await openEventStore(values['event-store'] === 'postgres' ? undefined : values['event-store'], `${folder}.stores`);
  const platform = new OneProcess({ folder, eventStoreUrl: store.url, now: Date.now() });
  const outcomes = [];
  try {
    await platform.start(deadly ? cases[0] : undefined);
    await enrolAll(platform.ask, parts);
    await platform.ask('POST', '/v1/test-clock/settle', { body: {} });
    for (const [index, one] of cases.entries()) {
      const part = parts[imports.indexOf(one)];
      const outcome = await caseOf(platform, { ...one, part }, deadly ? { next: cases[index + 1] } : undefined);
      if (deadly) tell({ event: 'case', ...outcome }, `${one.name} ${one.step} ${one.point}:${one.occurrence} ${outcome.died ? `died, back after ${outcome.backMs} ms` : 'not reached, killed afterwards'}, ${outcome.differences.length === 0 ? 'verify clean' : outcome.differences.join('; ')}`);
      outcomes.push(outcome);
    }
    return { outcomes, verified: await platform.verify() };
  } finally {
    await platform.stop();
    await store.stop?.();
  }
}

/** One death, or the same step without. */
async function caseOf(platform, one, deadly) {
  const { prepare, work } = STEPS[one.step];
  const at = { ...one, now: platform.now, ...await prepare(platform.ask, one) };
  if (deadly) platform.arm();
  const working = (async () => {
    await work(platform.ask, at);
    await platform.ask('POST', '/v1/test-clock/settle', { body: {} });
  })();
  platform.now = timeAfter(one.step, platform.now);
  if (!deadly) {
    await working;
    return undefined;
  }
  const died = await Promise.race([platform.ended.then(() => true), working.then(() => false)]);
  if (!died) await platform.kill();
  const began = performance.now();
  await platform.start(deadly.next);
  const backMs = Math.round(performance.now() - began);
  await working;
  const { differences } = await platform.verify();
  return { step: one.step, point: one.point, occurrence: one.occurrence, died, backMs, differences };
}

let same = false;
try {
  const parts = await writeParts({ folder: base, rows: Number(values['rows-each']) * imports.length, parts: imports.length });
  const calm = await sequence('calm', parts, false);
  const { outcomes, verified } = await sequence('deadly', parts, true);
  const unclean = outcomes.filter(({ differences }) => differences.length > 0);
  same = verified.balancesHash !== null && verified.balancesHash === calm.verified.balancesHash && unclean.length === 0;
  const died = outcomes.filter((outcome) => outcome.died);
  const back = summary(died.map(({ backMs }) => backMs));
  tell(
    {
      event: 'all', eventStore: values['event-store'], seed: Number(values.seed), cases: outcomes.length, died: died.length, unclean: unclean.length, same,
      events: verified.events, backMs: back,
    },
    `wallets in ${values['event-store']}, seed ${values.seed}: ${outcomes.length} cases, ${died.length} died at their point, verify unclean ${unclean.length} times, `
      + `${verified.events} events, balances ${same ? 'the same' : `${verified.balancesHash}, not ${calm.verified.balancesHash}`}; back after ${back?.median} ms (max ${back?.max})`
  );
} finally {
  await rm(base, { recursive: true, force: true });
}
process.exitCode = same ? 0 : 1;
