// Strikes separate processes under load (imports, tickets on the bus some of them twice and in disorder, members at the till): services are
// killed, also at their crash points, PostgreSQL, the broker and the event store go away and come back, a consumer group is rebalanced in the
// middle of its batches. Compares what is left with an undisturbed run: the same balances, the same facts, a clean verify.
//   node tools/start-distributed/faults.mjs [--runs 3] [--seed 1] [--faults 15] [--bus auto|postgres|kafka]
//     [--event-store postgres|rig|esdb://…] [--rows 60000] [--folder <empty folder>] [--json] [--verbose]
// Exit 1: a difference. The seed of each run is printed; the same seed deals the same faults at the same pauses.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadUnder, withPlatform } from './fault-run.mjs';
import { enrolAll, enrolTillMembers, writeParts } from './fault-sample.mjs';
import { summary } from './recovery.mjs';

/** Members who come to the till in each round. */
const TILL_MEMBERS = 4;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' }, seed: { type: 'string', default: '1' }, faults: { type: 'string', default: '15' },
    bus: { type: 'string', default: 'auto' }, 'event-store': { type: 'string', default: 'postgres' },
    rows: { type: 'string', default: '60000' }, folder: { type: 'string' },
    json: { type: 'boolean', default: false }, verbose: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.faults);
const say = (line) => { process.stderr.write(`${line}\n`); };
const tell = (found, text) => { if (values.json) process.stdout.write(`${JSON.stringify(found)}\n`); else say(text); };

// Lag is read from the services' own pages.
process.env.TREBOL_METRICS_OPEN = '1';
const base = values.folder ?? await mkdtemp(join(tmpdir(), 'trebol-faults-'));
const shape = { bus: values.bus, eventStoreUrl: values['event-store'] === 'postgres' ? undefined : values['event-store'] };
const shared = { ...shape, say, verbose: values.verbose };

/** Members and stores once; every run begins with a copy, so that balances are the same members' balances. */
async function prepared() {
  const parts = await writeParts({ folder: base, rows: Number(values.rows), parts: rounds });
  const names = Array.from({ length: rounds * TILL_MEMBERS }, (_, index) => `till-${index}`);
  const { done, adminKey } = await withPlatform({ ...shared, folder: join(base, 'ready') }, async (_platform, ask) => (
    { cards: await enrolAll(ask, parts), till: await enrolTillMembers(ask, names) }
  ));
  // Yesterday everywhere in the log's countries: no ticket comes from the future.
  const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  return { key: adminKey, load: { parts, day, ...done } };
}

async function runOf(name, { key, load }, seed) {
  const folder = join(base, name);
  await cp(join(base, 'ready'), folder, { recursive: true, preserveTimestamps: true });
  return loadUnder({ ...shared, folder, key, load, seed });
}

/** What is not as in the undisturbed run. */
function differencesOf({ verified, facts }, calm) {
  const pairs = [
    ['verify', verified.differences.length, 0], ['balances', verified.balancesHash, calm.verified.balancesHash],
    ['facts', `${facts.tickets} tickets, ${facts.lines} lines, ${facts.hash}`, `${calm.facts.tickets} tickets, ${calm.facts.lines} lines, ${calm.facts.hash}`],
  ];
  return pairs.filter(([, is, should]) => is !== should).map(([what, is, should]) => `${what}: ${is}, not ${should}`);
}

const figuresOf = (faults) => ({
  readyMs: summary(faults.map(({ readyMs }) => readyMs)), noLagMs: summary(faults.map(({ noLagMs }) => noLagMs)),
});
const shown = ({ readyMs, noLagMs }) => `/readyz 200 after ${readyMs?.median} ms (max ${readyMs?.max}), lag 0 after ${noLagMs?.median} ms (max ${noLagMs?.max})`;

let different = 0;
const all = [];
try {
  const ready = await prepared();
  const calm = await runOf('calm', ready, undefined);
  tell(
    { event: 'undisturbed', bus: calm.bus, eventStore: values['event-store'], rounds, seconds: calm.seconds, verified: calm.verified, facts: calm.facts },
    `undisturbed over ${calm.bus}, wallets in ${values['event-store']}: ${rounds} rounds in ${calm.seconds.toFixed(1)} s, `
      + `${calm.verified.wallets} wallets, ${calm.verified.events} events, ${calm.verified.balancesHash}, ${calm.facts.lines} lines of facts`
  );
  for (let run = 0; run < Number(values.runs); run += 1) {
    const seed = Number(values.seed) + run;
    const ended = await runOf(`run-${seed}`, ready, seed);
    const faults = ended.done;
    all.push(...faults);
    const differences = differencesOf(ended, calm);
    different += differences.length > 0 ? 1 : 0;
    tell(
      { event: 'run', seed, faults, seconds: ended.seconds, differences, ...figuresOf(faults) },
      `seed ${seed}: ${faults.length} faults in ${ended.seconds.toFixed(1)} s (${faults.map(({ what }) => what).join(', ')}): `
        + `${differences.length === 0 ? 'the same balances and facts, verify clean' : differences.join('; ')}; ${shown(figuresOf(faults))}`
    );
    if (differences.length === 0) await rm(join(base, `run-${seed}`), { recursive: true, force: true });
  }
  tell({ event: 'all', faults: all.length, different, ...figuresOf(all) }, `${all.length} faults: ${shown(figuresOf(all))}`);
} finally {
  if (different === 0 && values.folder === undefined) await rm(base, { recursive: true, force: true });
}
if (different > 0) say(`different: ${different}; the folders are kept in ${base}`);
process.exitCode = different > 0 ? 1 : 0;
