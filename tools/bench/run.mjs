// npm run bench [-- smoke|append|tickets|tickets-hot|rebuild|memory|expiry|redeem|disk|growth|peers] [--rounds N] [--seed N] [--json FILE] [--profile FILE]: ratios measured in one run, on an embedded PostgreSQL with fsync on.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '@trebol/embedded-postgres';
import { benchAppend } from './append.mjs';
import { benchDisk } from './disk.mjs';
import { benchGrowth } from './growth.mjs';
import { benchExpiry } from './expiry.mjs';
import { machine } from './measure.mjs';
import { benchMemory } from './memory.mjs';
import { benchPeers } from './peers.mjs';
import { benchRebuild } from './rebuild.mjs';
import { benchRedeem } from './redeem.mjs';
import { benchTickets } from './tickets.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { rounds: { type: 'string', default: '5' }, seed: { type: 'string', default: '20261123' }, json: { type: 'string' }, profile: { type: 'string' } } });
const all = {
  append: benchAppend, disk: benchDisk, growth: benchGrowth, peers: benchPeers, tickets: benchTickets, 'tickets-hot': (options) => benchTickets({ ...options, members: 5_000 }),
  rebuild: benchRebuild, memory: benchMemory, expiry: benchExpiry, redeem: benchRedeem,
};
const wanted = positionals.includes('smoke') ? ['append', 'tickets'] : positionals.length === 0 ? Object.keys(all) : positionals;
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
for (const name of wanted) if (!all[name]) { console.error(`no such scenario: ${name} (${Object.keys(all).join(', ')})`); process.exit(2); }

const about = machine(seed);
console.log(`bench: ${about.cpu}, ${about.cores} cores, kernel ${about.kernel}, Node ${about.node}, PostgreSQL 18 embedded, fsync on, seed ${seed}, revision ${about.revision}`);
console.log(`${rounds} rounds in turn after one warm-up; median (min–max)`);
const figures = {};
for (const name of wanted) {
  const folder = await mkdtemp(join(tmpdir(), 'trebol-bench-pg-'));
  const server = await startPostgres({ folder, durable: true, settings: { shared_buffers: '256MB', max_wal_size: '2GB', max_connections: '100', jit: 'off' } });
  try {
    const result = await all[name]({ url: server.url, pid: server.pid, rounds, seed, profile: values.profile });
    figures[name] = result.figures;
    console.log(`\n[${name}]`);
    for (const line of result.lines) console.log(line);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
if (values.json) await writeFile(values.json, `${JSON.stringify({ machine: about, rounds, figures }, null, 2)}\n`);
process.exit(0);
