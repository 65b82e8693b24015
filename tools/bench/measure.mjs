// How the bench measures: turns (A, B, A, B …), medians with their range, CPU of every process concerned. See goals.md of the design for why.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** A figure whose range is wider than this part of its median is printed but not quoted. */
export const SPREAD_MAX = 0.15;
const TICKS_PER_SECOND = 100;

export const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** @returns {{median: number, min: number, max: number, spread: number, quotable: boolean}} */
export const summary = (values) => {
  const mid = median(values);
  const [min, max] = [Math.min(...values), Math.max(...values)];
  // Interquartile-free on purpose: with five rounds the range says more than it hides.
  const spread = (max - min) / mid;
  return { median: mid, min, max, spread, quotable: spread <= SPREAD_MAX };
};

/** Runs the sides in turn, `rounds` times each after one warm-up; each side returns a number (a rate). */
export async function inTurn(sides, rounds) {
  const results = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(sides)) {
      const value = await run(round);
      if (round >= 0) results[name].push(value);
    }
  }
  return results;
}

/** Ratio A/B pair by pair, so that a drift of the machine's speed cancels out. */
export const ratio = (a, b) => summary(a.map((value, index) => value / b[index]));

/** CPU seconds used so far by this process and by a PostgreSQL server (the postmaster, its children and those that have ended). */
export const cpuSeconds = (postmasterPid) => cpuOf({ postgres: postmasterPid });

/** CPU seconds used so far by this process (`node`) and by others, each with its children; 0 for one that is not on this machine. */
export const cpuOf = (others) => {
  const { user, system } = process.cpuUsage();
  const each = Object.entries(others).map(([name, pid]) => [name, pid ? treeSeconds(pid) : 0]);
  return { node: (user + system) / 1e6, ...Object.fromEntries(each) };
};

/** Adds up what was used between two looks, by name. */
export function addUsed(sums, before, after) {
  for (const [name, seconds] of Object.entries(after)) sums[name] = (sums[name] ?? 0) + seconds - before[name];
}

/** Microseconds for each of so many things, by name. */
export const microsecondsEach = (sums, things) => Object.fromEntries(Object.entries(sums).map(([name, seconds]) => [name, (seconds * 1e6) / things]));

function treeSeconds(root) {
  let total = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const fields = statOf(pid);
    if (!fields) continue;
    if (Number(pid) === root) total += fields.own + fields.ended;
    else if (fields.parent === root) total += fields.own;
  }
  return total / TICKS_PER_SECOND;
}

function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const rest = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(rest[1]), own: Number(rest[11]) + Number(rest[12]), ended: Number(rest[13]) + Number(rest[14]) };
  } catch {
    return undefined;
  }
}

/** Resident bytes of this process (`node`) and of others with their children (shared memory counted once, by proportional set size). */
export const memoryOf = (others) => {
  const each = Object.entries(others).filter(([, pid]) => pid).map(([name, pid]) => [name, treeBytes(pid)]);
  return { node: proportionalBytes(process.pid), ...Object.fromEntries(each) };
};

function treeBytes(root) {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && (Number(name) === root || statOf(name)?.parent === root));
  return pids.reduce((sum, pid) => sum + proportionalBytes(pid), 0);
}

function proportionalBytes(pid) {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** What a reader needs to believe a figure. */
export const machine = (seed) => ({
  cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), kernel: release(), node: process.version, seed,
  /** Of the minute before: above 0.5 others use the machine too. */
  loadBefore: Number(loadavg()[0].toFixed(1)),
  revision: execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8', cwd: import.meta.dirname }).trim(),
});

/** The same workload in every run. */
export { seeded } from '../start-distributed/seeded.mjs';

/** Draws ranks 0 … n−1 by Zipf with exponent 1. */
export function zipf(count, random) {
  const cumulative = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank += 1) {
    sum += 1 / (rank + 1);
    cumulative[rank] = sum;
  }
  return () => {
    const target = random() * sum;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle] < target) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

export const rate = (value) => `${Math.round(value).toLocaleString('en-GB')}/s`;
export const described = (s, format = (v) => v.toFixed(2)) => `${format(s.median)} (${format(s.min)}–${format(s.max)})${s.quotable ? '' : ' [spread over 15 %: not to be quoted]'}`;
