// Row 12 of the goals: wallets whose points lapsed are booked (found, one event each, read models up to date), against one plain UPDATE of as many rows.
import pg from 'pg';
import { sandboxClock } from '@trebol/chassis';
import { costLine, counted } from './costs.mjs';
import { cpuSeconds, described, inTurn, rate, ratio, summary } from './measure.mjs';
import { earning, openLedger, proven, sendAll, walletOf } from './ledger-parts.mjs';
import { profiled } from './profile.mjs';

const WALLETS_PER_ROUND = 20_000;
const DAY_MS = 86_400_000;

/** @returns {Promise<{lines: string[], figures: object}>} */
export async function benchExpiry({ url, pid, rounds, brief, profile }) {
  const clock = sandboxClock(Date.parse('2026-03-02T12:00:00Z'));
  const parts = await openLedger(url, clock);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // A lot for each wallet; each round's wallets lapse on a day of their own, to which the clock is moved. The last are for counting.
    const earnedAt = clock.now();
    const lapsesAt = (round) => earnedAt + (round + 2) * DAY_MS;
    for (let round = -1; round <= rounds; round += 1) {
      await sendAll(parts.ledger, Array.from({ length: WALLETS_PER_ROUND },
        (_, n) => earning(walletOf((round + 1) * WALLETS_PER_ROUND + n), `t-${round}-${n}`, { at: earnedAt, expiresAt: lapsesAt(round) })));
    }
    await proven(parts);
    // The same table with the same indexes: what one statement at best would cost for the balances alone, without an event, an entry or a message.
    await client.query('CREATE TABLE bare (LIKE ledger.balance INCLUDING ALL)');
    await client.query('INSERT INTO bare SELECT * FROM ledger.balance');
    await client.query('VACUUM ANALYZE bare');
    parts.services.projector.start();
    let cpu = 0;

    const book = async (round) => {
      clock.advanceTo(lapsesAt(round));
      const before = cpuSeconds(pid);
      const began = performance.now();
      const { wallets } = await profiled(round < 0 || round >= rounds ? undefined : profile, WALLETS_PER_ROUND, async () => {
        const booked = await parts.services.bookDue.runUntilCaughtUp(lapsesAt(round));
        await parts.services.projector.catchUp();
        return booked;
      });
      const seconds = (performance.now() - began) / 1000;
      const after = cpuSeconds(pid);
      if (wallets !== WALLETS_PER_ROUND) throw new Error(`${wallets} wallets booked of ${WALLETS_PER_ROUND}`);
      if (round >= 0 && round < rounds) cpu += after.node + after.postgres - before.node - before.postgres;
      return wallets / seconds;
    };
    const update = async (round) => {
      const began = performance.now();
      const { rowCount } = await client.query(
        'UPDATE bare SET revision = revision + 1, available = 0, expired = expired + 100, next_due_at = NULL WHERE next_due_at <= $1', [new Date(lapsesAt(round))]);
      if (rowCount !== WALLETS_PER_ROUND) throw new Error(`${rowCount} rows updated of ${WALLETS_PER_ROUND}`);
      return rowCount / ((performance.now() - began) / 1000);
    };

    const results = await inTurn({ book, update }, rounds);
    const cost = await counted({ url, pid, brief }, async () => {
      await book(rounds);
      return WALLETS_PER_ROUND;
    });
    await proven(parts);
    const [booked, bare, against] = [summary(results.book), summary(results.update), ratio(results.book, results.update)];
    const micros = (cpu * 1e6) / (WALLETS_PER_ROUND * rounds);
    return {
      figures: { booked, update: bare, ratio: against, cpuMicrosecondsPerWallet: micros, cost },
      lines: [
        `expiry booked, read models up to date: ${described(booked, (value) => `${rate(value).replace('/s', '')} wallets/s`)}; CPU ${Math.round(micros)} µs a wallet`,
        costLine('a wallet', cost), `one plain UPDATE of as many rows: ${described(bare, rate)}`,
        `ratio: ${described(against, (value) => value.toFixed(3))}   (goal ≥ 0.3)`,
      ],
    };
  } finally {
    await client.end().then(() => parts.close());
  }
}
