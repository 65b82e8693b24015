import { hash } from 'node:crypto';
import type { RecordedEvent } from '@trebol/event-store';
import { decodeEvent } from '../codec/event-codec.ts';
import type { WalletEvent } from '../events.ts';
import { ownedBy, verifyStream } from '../invariants.ts';
import type { Wallet } from '../wallet/state.ts';
import type { BooksClosed } from './events-of-books.ts';
import { parseWalletStream } from '../wallet-id.ts';
import { storedOpening } from './open-books.ts';

/** SHA-256 over the ids of a stream's events, which are themselves made from all that is stored of them. */
export function hashOfStream(events: readonly Pick<RecordedEvent, 'id'>[]): string {
  return hash('sha256', events.map(({ id }) => id).join('\n'), 'hex');
}

/** What a wallet's streams fold to, one state for each of them, and what is wrong. */
export interface PeriodsProof {
  readonly folded: readonly Wallet[];
  readonly violations: readonly string[];
}

/**
 * Checks all streams of one wallet, oldest first: each by itself, and that every closed one has the hash its last event says and is
 * continued by exactly the event that follows from it. The last one may be closed and not be continued yet. Answers what is wrong.
 */
export function verifyPeriods(streams: readonly (readonly RecordedEvent[])[]): readonly string[] {
  return provePeriods(streams).violations;
}

/** `verifyPeriods`, and the state at the end of each stream: what its snapshot must say. */
export function provePeriods(streams: readonly (readonly RecordedEvent[])[]): PeriodsProof {
  const proofs = streams.map(verifyStream);
  const violations = streams.flatMap((events, index) => {
    const closed = proofs[index];
    return [...closed?.violations ?? [], ...closed === undefined ? [] : ofContinuation(events, streams[index + 1], closed.wallet)];
  });
  return { folded: proofs.map(({ wallet }) => wallet), violations };
}

/** True when `opening` is, to the last byte, the event that follows from the end of the closed stream. */
export function continuesBooks(closing: RecordedEvent, opening: RecordedEvent): boolean {
  const expected = openingAfter(closing);
  return expected !== undefined && expected.id === opening.id && expected.data === opening.data && expected.type === opening.type
    && expected.recordedAt === opening.recordedAt;
}

function* ofContinuation(
  events: readonly RecordedEvent[], next: readonly RecordedEvent[] | undefined, closed: Wallet,
): Generator<string> {
  const last = events.at(-1);
  const closing = last === undefined ? undefined : readable(last);
  if (last !== undefined && closing?.type === 'BooksClosed') {
    yield* ofClosing(closing, events.slice(0, -1), closed);
    if (next !== undefined && next[0]?.id !== openingAfter(last)?.id) {
      yield `${nameOf(next)}: does not begin with what ${last.stream} closed with`;
    }
  } else if (next !== undefined) yield `${nameOf(events)}: goes on in ${nameOf(next)} and was not closed`;
}

function* ofClosing(closing: BooksClosed, before: readonly RecordedEvent[], closed: Wallet): Generator<string> {
  if (hashOfStream(before) !== closing.hash) yield `${nameOf(before)}: its hash is not what its books say`;
  if (ownedBy(closing.carried.wallet) !== ownedBy(closed)) yield `${nameOf(before)}: its books carry over other figures than it ends with`;
}

/** Undefined for an event that cannot be read: its own stream's check says so. */
function readable(recorded: RecordedEvent): WalletEvent | undefined {
  try {
    return decodeEvent(recorded);
  } catch {
    return undefined;
  }
}

const nameOf = (events: readonly RecordedEvent[]): string => events[0]?.stream ?? 'an empty stream';

function openingAfter(closing: RecordedEvent): ReturnType<typeof storedOpening> | undefined {
  const named = parseWalletStream(closing.stream);
  return closing.type !== 'BooksClosed' || named === undefined ? undefined : storedOpening(closing, named.wallet);
}
