// Row 9 of the goals: memory of a wallet in the ledger's cache, against the same facts as plain objects in a Map. Bytes of heap and buffers after a collection.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { calendarOf, sandboxClock } from '@trebol/chassis';
import { PostgresEventStore } from '@trebol/event-store';
import { createPointsLedger } from '@trebol/points';
import { earning, sendAll, walletOf } from './ledger-parts.mjs';

const WALLETS = 4_000;
/** Earnings a wallet at the points of measuring: from the difference come the bytes of one more. */
const EARNINGS = [1, 11, 31];
const DAY_MS = 86_400_000;
const GOAL_WALLET_BYTES = 160;
const GOAL_SOURCE_BYTES = 8;
const GOAL_RATIO = 0.5;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** Bytes that are reachable. Two rounds: what finalisers let go is taken by the second. */
async function reachable() {
  for (let round = 0; round < 2; round += 1) {
    collect();
    await new Promise((done) => { setImmediate(done); });
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const plainLot = ({ command }) => {
  const [lot] = command.lots;
  return { lotId: `${lot.lotId}`, source: { ...command.source }, granted: 100, remaining: 100, availableFrom: lot.availableFrom, expiresAt: lot.expiresAt, validThrough: `${lot.validThrough}` };
};

async function bytesOf(url, { schema, cacheMax }) {
  const clock = sandboxClock(Date.parse('2026-03-02T12:00:00Z'));
  const store = await PostgresEventStore.open({ url, schema, clock });
  const before = await reachable();
  const ledger = createPointsLedger({ store, clock, cacheMax, policyOf: () => ({ reversal: 'unlimited', calendar: calendarOf('Europe/Madrid') }) });
  const bytes = [];
  let done = 0;
  for (const count of EARNINGS) {
    for (; done < count; done += 1) {
      const at = clock.now();
      const wallets = Array.from({ length: WALLETS }, (_, n) => n);
      await sendAll(ledger, wallets.map((n) => earning(walletOf(n), `t-${n}-${done}`, { at, expiresAt: at + 365 * DAY_MS })));
      clock.advanceTo(at + DAY_MS / 24);
    }
    bytes.push(await reachable() - before);
  }
  await store.close();
  return bytes;
}

async function plainBytes() {
  const at = Date.parse('2026-03-02T12:00:00Z');
  const before = await reachable();
  const wallets = new Map();
  const bytes = [];
  let done = 0;
  for (const count of EARNINGS) {
    for (; done < count; done += 1) {
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
    bytes.push(await reachable() - before);
  }
  if (wallets.size !== WALLETS) throw new Error('the run has no result: wallets are missing');
  return bytes;
}

const perWallet = (bytes, empty) => bytes.map((value, index) => (value - (empty?.[index] ?? 0)) / WALLETS);
const perEarning = (each) => (each.at(-1) - each[0]) / (EARNINGS.at(-1) - EARNINGS[0]);

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchMemory({ url }) {
  await bytesOf(url, { schema: 'memory_warm', cacheMax: WALLETS }); // what the first use of the code keeps for good
  const without = await bytesOf(url, { schema: 'memory_none', cacheMax: 0 });
  const cached = perWallet(await bytesOf(url, { schema: 'memory_cached', cacheMax: WALLETS }), without);
  const plain = perWallet(await plainBytes());
  const ratios = cached.map((value, index) => value / plain[index]);
  const round = (values) => values.map((value) => Math.round(value)).join(', ');
  return {
    figures: { earnings: EARNINGS, cachedBytes: cached, plainBytes: plain, ratios, bytesPerFurtherEarning: perEarning(cached) },
    lines: [
      `a cached wallet after ${EARNINGS.join(', ')} earnings, its name and the cache's own tables included: ${round(cached)} B   (goal ≤ ${GOAL_WALLET_BYTES} B + ${GOAL_SOURCE_BYTES} B a source)`,
      `each further earning, its lot still open: ${perEarning(cached).toFixed(1)} B`,
      `the same facts as plain objects in a Map: ${round(plain)} B`,
      `ratio: ${ratios.map((value) => value.toFixed(2)).join(', ')}   (goal ≤ ${GOAL_RATIO})`,
    ],
  };
}
