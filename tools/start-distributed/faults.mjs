// Kills services, stops and starts PostgreSQL and the broker under the load of an import, and compares what
// is left with an undisturbed run: the same balances, a clean verify.
//   node tools/start-distributed/faults.mjs [--runs 3] [--seed 1] [--bus auto|postgres|kafka] [--rows 60000]
// [--folder <empty folder>] Exit 1: a difference. The seed of each run is printed; the same seed picks the
// same victims at the same pauses.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { importUnder, seeded } from './fault-run.mjs';
import { enrolAll, writeSample } from './fault-sample.mjs';
import { SERVICES } from './routes.mjs';

/**
 * Pause between faults, in milliseconds: shorter than a service takes to come back would be one long outage.
 */
const PAUSE_MS = { min: 300, max: 1_800 };
/** How long PostgreSQL or the broker stays away, in milliseconds. */
const AWAY_MS_MAX = 2_500;

/** Faults of one run: an import that is struck again before it has moved on would never end. */
const FAULTS_MAX = 15;
/** Longest wait for the services to be back before the next fault, in milliseconds. */
const BACK_MS_MAX = 30_000;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' }, seed: { type: 'string', default: '1' }, bus: {
      type: 'string', default: 'auto',
    }, rows: { type: 'string', default: '60000' },
    folder: { type: 'string' }, verbose: { type: 'boolean', default: false },
  },
});
const say = (line) => { process.stderr.write(`${line}\n`); };
const pause = (milliseconds, signal) => new Promise((done) => {
  const timer = setTimeout(done, milliseconds);
  signal?.addEventListener('abort', () => { clearTimeout(timer); done(undefined); }, { once: true });
});

/** Waits until every service answers again: the next fault meets a platform at work, not one that is starting. */
async function allAnswer(platform, over) {
  const deadline = performance.now() + BACK_MS_MAX;
  const away = () => [...platform.services.values()].some(({ url }) => url === undefined);
  while (away() && !over.aborted && performance.now() < deadline) await pause(50, over);
}

/** Faults in the order the seed gives, until the import is over; the last one is mended before it ends. */
function disturbing(seed, log) {
  return async (platform, over) => {
    const random = seeded(seed);
    const between = (min, max) => Math.round(min + random() * (max - min));
    /** @type {[string, () => Promise<unknown>][]} */
    const faults = [
      ...SERVICES.map((service) => /** @type {[string, () => Promise<unknown>]} */ ([
        `SIGKILL ${service}`, async () => platform.services.get(service).kill('SIGKILL'),
      ])),
      [
        'PostgreSQL away',
        async () => {
          await platform.postgres.stop();
          await pause(between(200, AWAY_MS_MAX));
          await platform.postgres.start();
        },
      ],
    ];
    if (platform.broker.restart) {
      faults.push(['broker away', async () => {
        await platform.broker.kill();
        await pause(between(200, AWAY_MS_MAX));
        await platform.broker.restart();
      }]);
    }
    while (!over.aborted && log.length < FAULTS_MAX) {
      await pause(between(PAUSE_MS.min, PAUSE_MS.max), over);
      if (over.aborted) return;
      await allAnswer(platform, over);
      const [name, strike] = faults[Math.floor(random() * faults.length)];
      log.push(name);
      if (values.verbose) say(`${new Date().toISOString()} ${name}`);
      await strike();
    }
  };
}

const base = values.folder ?? await mkdtemp(join(tmpdir(), 'trebol-faults-'));
let different = 0;
try {
  const sample = join(base, 'sample.csv.gz');
  await writeSample(sample, Number(values.rows));
  const ready = join(base, 'ready');
  // Members and stores once; every run begins with a copy, so that balances are the same members' balances.
  const first = await importUnder({
    folder: join(ready), bus: values.bus, sample: await emptySample(base), say,
    prepare: (ask) => enrolAll(ask, sample),
  });
  const begin = async (name) => {
    await cp(ready, join(base, name), { recursive: true, preserveTimestamps: true });
    return join(base, name);
  };

  const calm = await importUnder({
    folder: await begin('calm'), bus: values.bus, sample, key: first.adminKey,
  });
  say(
    `undisturbed over ${calm.bus}: ${calm.seconds.toFixed(1)} s, ${calm.verified.wallets} wallets, `
      + `${calm.verified.events} events, ${calm.verified.balancesHash}`
  );
  for (let run = 0; run < Number(values.runs); run += 1) {
    const seed = Number(values.seed) + run;
    const log = [];
    const name = `run-${seed}`;
    const { seconds, verified } = await importUnder({
      folder: await begin(name), bus: values.bus, sample, key: first.adminKey, say, disturb: disturbing(seed, log),
    });
    const same = verified.balancesHash === calm.verified.balancesHash && verified.differences.length === 0;
    different += same ? 0 : 1;
    say(
      `seed ${seed}: ${log.length} faults in ${seconds.toFixed(1)} s (${log.join(', ')}): `
        + (same ? 'the same balances, verify clean' : JSON.stringify(verified))
    );
    if (same) await rm(join(base, name), { recursive: true, force: true });
  }
} finally {
  if (different === 0 && values.folder === undefined) await rm(base, { recursive: true, force: true });
}
if (different > 0) say(`different: ${different}; the folders are kept in ${base}`);
process.exitCode = different > 0 ? 1 : 0;

/** A file with no ticket: the platform is started, filled with members and stopped. */
async function emptySample(folder) {
  const file = join(folder, 'empty.csv.gz');
  await writeSample(file, 0);
  return file;
}
