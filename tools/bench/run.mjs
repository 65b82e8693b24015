// npm run bench [-- --help]: ratios measured in one run, on an embedded PostgreSQL with fsync on.
import { rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '@trebol/embedded-postgres';
import { machine } from './measure.mjs';
import { SCENARIOS, SMOKE, USAGE } from './scenarios.mjs';

const ROUNDS = 5;
const TICKETS_MAX = 10_000_000;
const RATE_MAX = 20_000;
/** Enough to see a ratio, and within a minute; nothing of a smoke run is quoted. */
const SMOKE_ROUNDS = 3;
/** Two platforms at once for `kafka`. */
const SETTINGS = { shared_buffers: '256MB', max_wal_size: '2GB', max_connections: '200', jit: 'off' };

function wrongUse(message) {
  process.stderr.write(`${message}\n\n${USAGE}`);
  process.exit(2);
}

const optionsOf = () => {
  const text = (value) => ({ type: 'string', ...(value === undefined ? {} : { default: value }) });
  const { values, positionals } = parseArgs({
    allowPositionals: true, options: {
      rounds: text(), seed: text('20261123'), rate: text('500'), tickets: text('2000000'), 'duckdb-memory': text('256MB'), json: text(), profile: text(),
      peer: { type: 'string', multiple: true, default: [] }, help: { type: 'boolean', default: false },
    },
  });
  const smoke = positionals.includes('smoke');
  values.rounds ??= String(smoke ? SMOKE_ROUNDS : ROUNDS);
  const whole = (name, max) => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1 || value > max) throw new Error(`--${name}: a whole number from 1 to ${max}`);
    return value;
  };
  const wanted = smoke ? SMOKE : positionals.length === 0 ? Object.keys(SCENARIOS) : positionals;
  const unknown = wanted.find((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown) throw new Error(`no such scenario: ${unknown}`);
  const peers = Object.fromEntries(values.peer.map((peer) => [peer.split('=', 1)[0], peer.slice(peer.indexOf('=') + 1)]));
  return {
    wanted, smoke, help: values.help, json: values.json,
    options: {
      rounds: whole('rounds', 1_000), seed: whole('seed', 2 ** 32 - 1), rate: whole('rate', RATE_MAX), tickets: whole('tickets', TICKETS_MAX),
      profile: values.profile, duckdbMemory: values['duckdb-memory'], peers, brief: smoke,
    },
  };
};

/** One scenario on a server of its own, which is gone afterwards. */
async function onItsServer({ run, ownServer }, options) {
  if (ownServer) return run(options);
  const folder = await mkdtemp(join(tmpdir(), 'trebol-bench-pg-'));
  const server = await startPostgres({ folder, durable: true, settings: SETTINGS });
  const goDown = () => {
    process.kill(server.pid, 'SIGQUIT');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', goDown);
  try {
    return await run({ ...options, url: server.url, pid: server.pid });
  } finally {
    process.off('exit', goDown);
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

// Interrupted: what was started goes with it.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
let given;
try {
  given = optionsOf();
} catch (error) {
  wrongUse(error.message);
}
const { wanted, smoke, help, json, options } = given;
if (help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const about = { ...machine(options.seed), postgres: '18 embedded, fsync on', at: new Date().toISOString(), smoke };
console.log(`bench: ${about.cpu}, ${about.cores} cores, kernel ${about.kernel}, Node ${about.node}, PostgreSQL ${about.postgres}, seed ${about.seed}, revision ${about.revision}`);
console.log(`${options.rounds} rounds in turn after one warm-up; median (min–max); load of the minute before ${about.loadBefore}`);
const figures = {};
/** Written after each scenario: a run that is cut off keeps what it has measured. */
const keep = () => (json ? writeFile(json, `${JSON.stringify({ machine: about, rounds: options.rounds, figures }, null, 2)}\n`) : undefined);
for (const name of wanted) {
  const result = await onItsServer(SCENARIOS[name], options);
  figures[name] = result.figures;
  console.log(`\n[${name}]`);
  for (const line of result.lines) console.log(line);
  await keep();
}
process.exit(0);
