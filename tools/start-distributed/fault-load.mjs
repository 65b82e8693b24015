// What a platform under faults is given to do: the same in every run, in rounds. A round is a part of the log as an import, tickets on the
// bus, and members at a till.
import { createReadStream } from 'node:fs';
import { below, pause, seeded, shuffled } from './seeded.mjs';

/** Tickets of a round on the bus, without duplicates. */
const TICKETS = 300;
/** One in so many sales comes back in part. */
const RETURN_ONE_IN = 8;
/** Share of messages that are published once more. */
const DUPLICATES = 0.02;
/** Messages that are shuffled together: how far one is displaced among those of other keys. */
const DISPLACED_MAX = 50;
/** Pause between attempts and looks, in milliseconds. */
const AGAIN_MS = 100;
/** An import that is not done by then stands still. */
const IMPORT_MS_MAX = 5 * 60_000;

/** What the tickets are, whatever the seed of the faults: the undisturbed run has the same. */
const CONTENT_SEED = 20_101_201;

const ticketOf = ({ day, round, index, card, amount }) => ({
  type: 'sale', storeId: 'united-kingdom', workstationId: 'bus', businessDay: day, sequence: `${round}-${index}`,
  occurredAt: `${day}T12:00:00Z`, currency: 'GBP', identification: { kind: 'card', value: card },
  lines: [{ line: 1, sku: 'A', quantity: 10, amount }],
});

/** Half of a ticket comes back. */
const returnOf = (sale) => ({
  ...sale, type: 'return', sequence: `${sale.sequence}-back`, occurredAt: `${sale.businessDay}T18:00:00Z`,
  lines: [{ line: 1, originalLine: 1, sku: 'A', quantity: 5, amount: sale.lines[0].amount / 2 }],
  original: { storeId: sale.storeId, workstationId: sale.workstationId, businessDay: sale.businessDay, sequence: sale.sequence },
});

/** The tickets of a round, each return after its sale. */
export function ticketsOf({ round, cards, day }) {
  const random = seeded(CONTENT_SEED + round);
  return Array.from({ length: TICKETS }, (_, index) => {
    const card = cards[below(random, cards.length)];
    const sale = ticketOf({ day, round, index, card, amount: 200 + 2 * below(random, 5_000) });
    return below(random, RETURN_ONE_IN) === 0 ? [sale, returnOf(sale)] : [sale];
  }).flat();
}

/**
 * The same tickets as a bad network brings them: some twice, displaced among each other, and half of the returns before their sale.
 * Answers tickets, each with the number of its copy.
 */
export function disordered(tickets, random) {
  const early = tickets.flatMap((ticket, index) => {
    const [next] = tickets.slice(index + 1, index + 2);
    if (ticket.type === 'return') return [];
    if (next?.type !== 'return') return [ticket];
    return random() < 0.5 ? [next, ticket] : [ticket, next];
  });
  const sent = early.flatMap((ticket) => [{ ticket, copy: 0 }, ...(random() < DUPLICATES ? [{ ticket, copy: 1 }] : [])]);
  const parts = Array.from({ length: Math.ceil(sent.length / DISPLACED_MAX) }, (_, part) => sent.slice(part * DISPLACED_MAX, (part + 1) * DISPLACED_MAX));
  return parts.flatMap((part) => shuffled(part, random));
}

/** Imports a part of the log and waits until it is done. */
export async function importPart(ask, file) {
  const { importId } = await ask('POST', '/v1/imports?format=onlineRetail&history=true', {
    body: () => createReadStream(file), headers: { 'content-type': 'application/gzip' },
  });
  const deadline = performance.now() + IMPORT_MS_MAX;
  for (;;) {
    const job = await ask('GET', `/v1/imports/${importId}`);
    if (job.state === 'done') return job;
    if (job.state === 'failed') throw new Error(`the import failed: ${JSON.stringify(job.failure)}`);
    if (performance.now() > deadline) throw new Error(`the import is not done after ${IMPORT_MS_MAX} ms: ${JSON.stringify(job)}`);
    await pause(AGAIN_MS);
  }
}

/**
 * A member at the till, who has points and is nobody's in the log: each request with a key, sent again until it is accepted.
 * @param {any} ask
 * @param {{ memberId: string, card: string, name: string, day: string }} member
 */
export async function visitTill(ask, { memberId, card, name, day }) {
  const post = (path, body, step) => ask('POST', path, { body, headers: { 'idempotency-key': `${name}-${step}` } });
  const { holdId } = await post('/v1/holds', { memberId, points: 100 }, 'hold');
  await post(`/v1/holds/${holdId}/capture`, { points: 60 }, 'capture');
  const { redemptionId } = await post('/v1/redemptions', { memberId, points: 50 }, 'redeem');
  await post(`/v1/redemptions/${redemptionId}/cancel`, { points: 20 }, 'cancel');
  const sale = ticketOf({ day, round: 'till', index: name, card, amount: 3_000 });
  for (const ticket of [sale, returnOf(sale)]) await post('/v1/transactions', ticket, ticket.sequence);
}
