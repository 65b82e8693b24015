// Row 6 of the goals: both read models of points derived from the log once more, against reading the log and doing nothing.
import { systemClock } from '@trebol/chassis';
import { costLine, counted } from './costs.mjs';
import { cpuSeconds, described, inTurn, rate, ratio, summary } from './measure.mjs';
import { earning, openLedger, proven, sendAll, walletOf } from './ledger-parts.mjs';
import { profiled } from './profile.mjs';

const WALLETS = 20_000;
const EARNINGS_PER_WALLET = 9;
const BATCH_MAX = 10_000;
const DAY_MS = 86_400_000;

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchRebuild({ url, pid, rounds, brief, profile }) {
  const parts = await openLedger(url);
  try {
    const at = systemClock.now();
    for (let step = 0; step < EARNINGS_PER_WALLET; step += 1) {
      await sendAll(parts.ledger, Array.from({ length: WALLETS }, (_, n) => earning(walletOf(n), `t-${step}-${n}`, { at, expiresAt: at + 365 * DAY_MS })));
    }
    const events = await proven(parts);
    let cpu = 0;

    const rebuild = async (round) => {
      const before = cpuSeconds(pid);
      const began = performance.now();
      await profiled(round < 0 ? undefined : profile, events, () => parts.services.rebuild.run({ afresh: true }));
      const seconds = (performance.now() - began) / 1000;
      const after = cpuSeconds(pid);
      if (round >= 0) cpu += after.node + after.postgres - before.node - before.postgres;
      return events / seconds;
    };
    const raw = async () => {
      const began = performance.now();
      const over = new AbortController();
      let read = 0;
      for await (const batch of parts.eventStore.subscribe(parts.eventStore.start, { batchMax: BATCH_MAX, signal: over.signal })) {
        read += batch.events.length;
        if (batch.caughtUp) break;
      }
      over.abort();
      if (read !== events) throw new Error(`${read} events read of ${events}`);
      return read / ((performance.now() - began) / 1000);
    };

    const results = await inTurn({ rebuild, raw }, rounds);
    const cost = await counted({ url, pid, brief }, async () => {
      await parts.services.rebuild.run({ afresh: true });
      return events;
    });
    await proven(parts);
    const [rebuilt, bare, against] = [summary(results.rebuild), summary(results.raw), ratio(results.rebuild, results.raw)];
    const micros = (cpu * 1e6) / (events * rounds);
    return {
      figures: { events, rebuild: rebuilt, raw: bare, ratio: against, cpuMicrosecondsPerEvent: micros, cost },
      lines: [
        `rebuild of balances and entries, indexed and swapped in, ${events} events: ${described(rebuilt, rate)}; CPU ${Math.round(micros)} µs an event`,
        costLine('an event', cost),
        `raw read of the log: ${described(bare, rate)}`,
        `ratio: ${described(against, (value) => value.toFixed(3))}   (goal ≥ 0.2)`,
      ],
    };
  } finally {
    await parts.close();
  }
}
