// Row 5 of the goals: how many redemptions over HTTP a second with many clients, against one-row commits on the same server. The load comes
// from a process of its own. A first look at row 4 (latency) too; `redeem-latency` has all of it.
import pg from 'pg';
import { costLine, counted } from './costs.mjs';
import { addUsed, cpuSeconds, described, inTurn, microsecondsEach, rate, ratio, summary } from './measure.mjs';
import { memberIdOf, verified } from './platform-parts.mjs';
import { profiled } from './profile.mjs';
import { MEMBERS, openRedeeming } from './redeem-parts.mjs';

const RATE_PER_SECOND = 500;
const OPEN_LOOP_SECONDS = 10;
const CLIENTS = 32;
const CLOSED_LOOP_MS = 1_500;
const COUNTED_REDEMPTIONS = 2_000;
/** Capacity rounds whatever the command line asks for: with the open loop the scenario stays within its half minute. */
const ROUNDS_MAX = 3;

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchRedeem({ url, pid, rounds, profile, brief }) {
  const { platform, served, load, end } = await openRedeeming(url);
  const pool = new pg.Pool({ connectionString: url, max: CLIENTS });
  try {
    let redeemed = 0;
    const cpu = {};
    await load.ask({ ...served, kind: 'closed', clients: CLIENTS, milliseconds: CLOSED_LOOP_MS, name: 'warm-up' });
    const open = await load.ask({ ...served, kind: 'open', perSecond: RATE_PER_SECOND, seconds: OPEN_LOOP_SECONDS, name: 'open' });
    const capacity = async (round) => {
      const before = cpuSeconds(pid);
      const work = { ...served, kind: 'closed', clients: CLIENTS, milliseconds: CLOSED_LOOP_MS, name: `closed-${round}` };
      const { done, seconds } = await profiled(round < 0 ? undefined : profile, 1_000, () => load.ask(work));
      if (round >= 0) {
        addUsed(cpu, before, cpuSeconds(pid));
        redeemed += done;
      }
      return done / seconds;
    };
    const results = await inTurn({ capacity, commits: () => oneRowCommits(pool) }, Math.min(rounds, ROUNDS_MAX));
    const cost = await counted({ url, pid, brief }, async () => {
      await load.ask({ ...served, kind: 'fixed', clients: CLIENTS, count: COUNTED_REDEMPTIONS, name: 'counted' });
      await platform.settled();
      return COUNTED_REDEMPTIONS;
    });
    await platform.settled();
    await verified(platform);
    return told({ open, results, micros: microsecondsEach(cpu, redeemed), cost });
  } finally {
    await pool.end();
    await end();
  }
}

/** What the server commits at best when each client waits for its own row. */
async function oneRowCommits(pool) {
  const [began, until] = [performance.now(), performance.now() + CLOSED_LOOP_MS];
  let done = 0;
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    const client = await pool.connect();
    while (performance.now() < until) {
      await client.query({ name: 'one row', text: 'INSERT INTO one_row (member, points) VALUES ($1, $2)', values: [memberIdOf(done % MEMBERS), 1] });
      done += 1;
    }
    client.release();
  }));
  return done / ((performance.now() - began) / 1000);
}

function told({ open, results, micros, cost }) {
  const [taken, bare, against] = [summary(results.capacity), summary(results.commits), ratio(results.capacity, results.commits)];
  const milliseconds = (value) => `${value.toFixed(1)} ms`;
  return {
    figures: { open, capacity: taken, commits: bare, ratio: against, cpuMicrosecondsPerRedemption: micros, cost },
    lines: [
      `redeem over HTTP, open loop ${RATE_PER_SECOND}/s for ${OPEN_LOOP_SECONDS} s: p50 ${milliseconds(open.p50)}, p99 ${milliseconds(open.p99)}, max ${
        milliseconds(open.max)}; sent late by p99 ${milliseconds(open.lateP99)}   (goal p50 ≤ 2, p99 ≤ 10)`,
      `capacity with ${CLIENTS} clients: ${described(taken, rate)}   (goal ≥ 6,000/s)`,
      `  CPU a redemption: Node ${Math.round(micros.node)} µs + PostgreSQL ${Math.round(micros.postgres)} µs`,
      costLine('a redemption', cost),
      `one-row commits with ${CLIENTS} clients: ${described(bare, rate)}`,
      `ratio: ${described(against)}   (goal ≥ 0.6)`,
    ],
  };
}
