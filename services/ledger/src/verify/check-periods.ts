import type { EventStore, StreamTail } from '@trebol/event-store';
import { type PeriodsProof, provePeriods, readManyStreams, type Wallet, walletStream } from '@trebol/points';
import { binaryArray } from '@trebol/postgres-bulk';
import type { ClientBase } from 'pg';
import { LIVE } from '../read-models.ts';
import type { Held } from '../wallet-folds.ts';
import { compareSnapshot } from './compare-wallets.ts';
import { DifferenceFound, walletText } from './report.ts';

/** Wallets whose streams are read together: bounds memory, at some tens of thousands of events of usual members. */
const PERIODS_AT_ONCE = 20;

/**
 * Proves how the periods of these wallets hang together: each stream by itself, the hash of the closed ones, that each period begins with
 * what the one before closed with, the snapshots of closed streams (old tickets are recognised by them), and that closing left no entries.
 * Reads all their streams once more. Answers how many snapshots it compared.
 */
export async function checkPeriods(client: ClientBase, store: EventStore, wallets: readonly Held[]): Promise<number> {
  if (wallets.length === 0) return 0;
  let compared = 0;
  for (let from = 0; from < wallets.length; from += PERIODS_AT_ONCE) {
    const some = wallets.slice(from, from + PERIODS_AT_ONCE);
    const tails = await store.load(some.flatMap((held) => streamsOf(held).slice(0, -1)));
    const events = await readManyStreams(store, some.flatMap(streamsOf));
    for (const held of some) compared += judge(held, provePeriods(streamsOf(held).map((stream) => events.get(stream) ?? [])), tails);
  }
  await findEntriesOfBooks(client, wallets);
  return compared;
}

const closedPeriods = ({ books }: Wallet): number[] => (books?.past ?? []).map(({ period }) => period);

/** All streams of a wallet, oldest first. */
const streamsOf = ({ id, state }: Held): string[] => [...closedPeriods(state), state.period].map((period) => walletStream(id, period));

function judge(held: Held, { violations, folded }: PeriodsProof, tails: ReadonlyMap<string, StreamTail>): number {
  const [violation] = violations;
  if (violation !== undefined) {
    throw new DifferenceFound({ check: 'books', wallet: held.id, message: `${walletText(held.id)}: ${violation}` });
  }
  let compared = 0;
  closedPeriods(held.state).forEach((period, index) => {
    const [tail, wallet] = [tails.get(walletStream(held.id, period)), folded[index]];
    if (tail?.snapshot === undefined || wallet === undefined) return;
    compareSnapshot(held.id, wallet, { ...tail, snapshot: tail.snapshot });
    compared += 1;
  });
  return compared;
}

/** The numbers of a closing and of the opening after it have no entry. */
async function findEntriesOfBooks(client: ClientBase, wallets: readonly Held[]): Promise<void> {
  const numbers = wallets.flatMap((held) => numbersOfBooks(held.state).map((revision) => ({ held, id: held.id, revision })));
  const texts = (pick: (one: Held['id']) => string): Buffer => binaryArray('text', numbers.map(({ id }) => pick(id)));
  const found = await client.query<{ at: number }>({
    name: 'entries of books',
    text: `SELECT asked.at::int4 - 1 AS at FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int4[]) WITH ORDINALITY
        AS asked (tenant, member_id, programme, point_type, revision, at)
      JOIN ${LIVE.entry} USING (tenant, member_id, programme, point_type, revision) ORDER BY asked.at LIMIT 1`,
    values: [
      texts(({ tenant }) => tenant), texts(({ member }) => member), texts(({ programme }) => programme),
      texts(({ pointType }) => pointType), binaryArray('int4', numbers.map(({ revision }) => revision)),
    ],
  });
  const orphan = numbers[found.rows[0]?.at ?? -1];
  if (orphan === undefined) return;
  throw new DifferenceFound({
    check: 'orphan', wallet: orphan.id, revision: orphan.revision,
    message: `${walletText(orphan.id)}: entry ${orphan.revision} belongs to no event, the books were closed there`,
  });
}

/** Each closing's own number and that of the opening that follows. */
function numbersOfBooks({ books }: Wallet): number[] {
  const ends = [...(books?.past ?? []).slice(1).map(({ before }) => before), books?.before ?? 0].filter((end) => end > 0);
  return ends.flatMap((end) => [end, end + 1]);
}
