// Row 4 of the goals: latency of redeeming over HTTP at a fixed rate, from the instant at which each request should have left, quiet and beside
// an import at full load, against one-row commits at the same rate in the same rounds. Load and import come from processes of their own.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { described, inTurn, ratio, summary } from './measure.mjs';
import { count, verified, workload } from './platform-parts.mjs';
import { forkLoad } from './redeem-load.mjs';
import { MEMBERS, openRedeeming } from './redeem-parts.mjs';

const SECONDS = 5;
/** Files of 20,000 tickets a side: more than the platform takes in the seconds of one side. */
const FILES_PER_SIDE = 12;
const PERCENTILES = ['p50', 'p90', 'p99', 'p999', 'max'];

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchRedeemLatency({ url, rounds, seed, rate = 500 }) {
  const { platform, served, load, folder, end } = await openRedeeming(url);
  const importer = forkLoad();
  try {
    const tickets = workload(seed, MEMBERS);
    const ingested = [];
    let batch = 0;
    const loop = { members: MEMBERS, perSecond: rate, seconds: SECONDS };
    const redeem = (name) => (round) => load.ask({ ...served, ...loop, kind: 'open', name: `${name}-${round}` });
    const commit = () => load.ask({ ...loop, kind: 'commits', databaseUrl: url });
    const besideImport = (work) => async (round) => {
      const files = [];
      for (; files.length < FILES_PER_SIDE; batch += 1) {
        files.push(join(folder, `load-${batch}.ndjson`));
        await writeFile(files.at(-1), `${tickets(batch).join('\n')}\n`);
      }
      const importing = importer.ask({ ...served, kind: 'ingest', files });
      const result = await work(round);
      importer.say('stop');
      const { rows, seconds, ranOut } = await importing;
      if (ranOut) throw new Error('the run has no result: the import ended before the load did');
      if (round >= 0) ingested.push(rows / seconds);
      await platform.settled();
      return result;
    };
    const sides = { commits: commit, redeem: redeem('quiet'), commitsLoaded: besideImport(commit), redeemLoaded: besideImport(redeem('loaded')) };
    const results = await inTurn(sides, rounds);
    const report = await verified(platform);
    return told({ results, ingested, rate, report });
  } finally {
    importer.end();
    await end();
  }
}

function told({ results, ingested, rate, report }) {
  const of = (side, name) => summary(results[side].map((each) => each[name]));
  const figures = Object.fromEntries(Object.keys(results).map((side) => [side, Object.fromEntries([...PERCENTILES, 'lateP99'].map((name) => [name, of(side, name)]))]));
  const against = (a, b) => ratio(results[a].map(({ p99 }) => p99), results[b].map(({ p99 }) => p99));
  const ratios = { quiet: against('redeem', 'commits'), loaded: against('redeemLoaded', 'commitsLoaded') };
  const ms = (value) => `${value.toFixed(1)}`;
  const line = (what, side, goal = '') => `${what}: p50 ${described(figures[side].p50, ms)}, p99 ${described(figures[side].p99, ms)}, p99.9 ${
    ms(figures[side].p999.median)}, max ${ms(figures[side].max.median)} ms; sent late by p99 ${ms(figures[side].lateP99.median)}${goal}`;
  const import_ = summary(ingested);
  return {
    figures: { ratePerSecond: rate, ...figures, ratios, import: import_, verified: report },
    lines: [
      `open loop ${count(rate)}/s for ${SECONDS} s a side, latency from the intended instant in an HDR histogram`,
      line('redeem over HTTP, quiet', 'redeem', '   (goal p50 ≤ 2, p99 ≤ 10)'),
      line('one-row commits, quiet', 'commits'),
      line('redeem beside an import', 'redeemLoaded', '   (goal p99 ≤ 40)'),
      line('one-row commits beside an import', 'commitsLoaded'),
      `  the import meanwhile: ${described(import_, (value) => `${count(Math.round(value))} tickets/s`)}; verified ${count(report.events)} events`,
      `p99 against that of commits: quiet ${described(ratios.quiet)}   (goal ≤ 4); beside an import ${described(ratios.loaded)}`,
    ],
  };
}
