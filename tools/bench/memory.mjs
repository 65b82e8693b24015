// Row 9 of the goals: memory of a wallet in the ledger's cache, against the same facts as plain objects in a Map. Bytes of heap and buffers after a collection.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { calendarOf, sandboxClock } from '@trebol/chassis';
import { PostgresEventStore } from '@trebol/event-store';
import { createPointsLedger } from '@trebol/points';
import { earning, sendAll, walletOf } from './ledger-parts.mjs';
import { logProven } from './proven-log.mjs';

const WALLETS = 10_000;
/** Earnings a wallet at the points of measuring: from the difference come the bytes of one more. */
const EARNINGS = [1, 11, 31];
const DAY_MS = 86_400_000;
const GOAL_WALLET_BYTES = 160;
const GOAL_SOURCE_BYTES = 8;
const GOAL_RATIO = 0.5;
/** Collected again until less than this is let go by one more round. */
const SETTLED_BYTES = 10_000;
const ROUNDS_MIN = 4;
const ROUND_MS = 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** Bytes of heap and buffers that are reachable. Several rounds: what finalisers let go is taken by the next. */
async function reachable() {
  for (let round = 1, before = Infinity; ; round += 1) {
    collect();
    await new Promise((done) => { setTimeout(done, ROUND_MS); });
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const bytes = heapUsed + arrayBuffers;
    if (round >= ROUNDS_MIN && bytes > before - SETTLED_BYTES) return bytes;
    before = bytes;
  }
}

/** Bytes a wallet of what `made` holds: with it, less without it a moment later. What the code itself keeps cancels out. */
async function bytesOf(make) {
  const made = [await make()];
  const held = await reachable();
  made.pop();
  return (held - await reachable()) / WALLETS;
}

const plainLot = ({ command }) => {
  const [lot] = command.lots;
  return { lotId: `${lot.lotId}`, source: { ...command.source }, granted: 100, remaining: 100, availableFrom: lot.availableFrom, expiresAt: lot.expiresAt, validThrough: `${lot.validThrough}` };
};

/** A ledger that has taken so many earnings of each wallet, all wallets growing in lock-step. */
async function filledLedger(store, clock, count) {
  const ledger = createPointsLedger({ store, clock, cacheMax: WALLETS, policyOf: () => ({ reversal: 'unlimited', calendar: calendarOf('Europe/Madrid') }) });
  for (let done = 0; done < count; done += 1) {
    const at = clock.now();
    await sendAll(ledger, Array.from({ length: WALLETS }, (_, n) => earning(walletOf(n), `t-${n}-${done}`, { at, expiresAt: at + 365 * DAY_MS })));
    clock.advanceTo(at + DAY_MS / 24);
  }
  return ledger;
}

async function cachedBytes(url, count) {
  const clock = sandboxClock(Date.parse('2026-03-02T12:00:00Z'));
  const schema = `memory_${count}`;
  const store = await PostgresEventStore.open({ url, schema, clock });
  const bytes = await bytesOf(() => filledLedger(store, clock, count));
  await store.close();
  await logProven({ url, schema });
  return bytes;
}

function plainWallets(count) {
  const at = Date.parse('2026-03-02T12:00:00Z');
  const wallets = new Map();
  for (let done = 0; done < count; done += 1) {
    for (let n = 0; n < WALLETS; n += 1) {
      const given = earning(walletOf(n), `t-${n}-${done}`, { at: at + done, expiresAt: at + done + 365 * DAY_MS });
      const key = Object.values(given.wallet).join('~');
      const wallet = wallets.get(key) ?? { ...given.wallet, revision: 0, available: 0, pending: 0, held: 0, debt: 0, feeDue: 0, lots: [], holds: [], sources: new Map() };
      wallet.revision += 1;
      wallet.lots.push(plainLot(given));
      wallet.sources.set(given.command.source.key, given.command.contentHash);
      wallets.set(key, wallet);
    }
  }
  return wallets;
}

const perEarning = (each) => (each.at(-1) - each[0]) / (EARNINGS.at(-1) - EARNINGS[0]);

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchMemory({ url }) {
  const cached = [];
  const plain = [];
  for (const count of EARNINGS) {
    cached.push(await cachedBytes(url, count));
    plain.push(await bytesOf(() => plainWallets(count)));
  }
  const ratios = cached.map((value, index) => value / plain[index]);
  const goals = EARNINGS.map((count) => GOAL_WALLET_BYTES + GOAL_SOURCE_BYTES * count);
  const round = (values) => values.map((value) => Math.round(value)).join(', ');
  return {
    figures: { earnings: EARNINGS, cachedBytes: cached, plainBytes: plain, ratios, bytesPerFurtherEarning: perEarning(cached) },
    lines: [
      `a cached wallet after ${EARNINGS.join(', ')} earnings, its name and the cache's own tables included: ${round(cached)} B   (goal ≤ ${round(goals)} B)`,
      `each further earning, its lot still open: ${perEarning(cached).toFixed(1)} B`,
      `the same facts as plain objects in a Map: ${round(plain)} B`,
      `ratio: ${ratios.map((value) => value.toFixed(2)).join(', ')}   (goal ≤ ${GOAL_RATIO})`,
    ],
  };
}
