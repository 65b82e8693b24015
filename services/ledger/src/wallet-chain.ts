import type { EventStore, RecordedEvent, StreamName } from '@trebol/event-store';
import {
  applyRecorded, continuesBooks, emptyWallet, eventsBefore, streamRevision, type Wallet, type WalletId, walletStream,
} from '@trebol/points';

/**
 * A wallet's history is a chain of streams, one for each period (`libs/points`, "Closing the books"). Everything here knows a wallet by
 * the name of its first stream, and an event by its number over all periods, which is the wallet's revision.
 */

const FIRST_PERIOD_ENDING = '~1';

/** The period that the stream of a wallet is of. */
export const periodOf = (stream: StreamName): number => Number(stream.slice(stream.lastIndexOf('~') + 1));

/** The name of the wallet's first stream: one key for all periods. */
export function walletKey(stream: StreamName): StreamName {
  return stream.endsWith(FIRST_PERIOD_ENDING) ? stream : `${stream.slice(0, stream.lastIndexOf('~'))}${FIRST_PERIOD_ENDING}`;
}

/**
 * True for the two events that hand a wallet from one period to the next. Nothing moves by them: they have numbers of their own, and
 * neither entries nor messages.
 */
export const isOfBooks = ({ type }: Pick<RecordedEvent, 'type'>): boolean => type === 'BooksClosed' || type === 'BooksOpened';

/** The stream that is open, or that was closed last. */
export const currentStream = (id: WalletId, wallet: Wallet): StreamName => walletStream(id, wallet.period);

/**
 * The wallet after an event of any of its streams; undefined when it has been applied. `closing` is the event that closed the wallet's
 * period, needed for the one that opens the next. Throws on a hole, on an event after the end of a closed period and on an opening that
 * is not, to the last byte, what the books of the period before closed with.
 */
export function follow(wallet: Wallet, event: RecordedEvent, closing: RecordedEvent | undefined): Wallet | undefined {
  const period = periodOf(event.stream);
  if (period > wallet.period) return opened(wallet, event, closing);
  if (event.revision <= eventsIn(wallet, period)) return undefined;
  if (period < wallet.period || isClosed(wallet)) throw new Error(`the books of period ${period} are closed`);
  if (event.revision !== streamRevision(wallet) + 1) throw new Error(`expected revision ${streamRevision(wallet) + 1}`);
  if (event.type === 'BooksOpened') throw new Error(`period ${period} is open already, or begins without the one before it`);
  return applyRecorded(wallet, event);
}

/** True when the wallet's period is closed and the next one not open yet. */
export const isClosed = ({ books }: Wallet): boolean => (books?.closedTo ?? null) !== null;

function opened(wallet: Wallet, event: RecordedEvent, closing: RecordedEvent | undefined): Wallet {
  const [period, next] = [periodOf(event.stream), wallet.books?.closedTo ?? null];
  const before = `period ${wallet.period}`;
  if (next !== period) throw new Error(next === null ? `${before} is not closed` : `${before} closed with period ${next} to follow`);
  if (event.revision !== 1) throw new Error('expected revision 1');
  if (closing === undefined || !continuesBooks(closing, event)) throw new Error(`does not begin with what ${before} closed with`);
  const after = applyRecorded(emptyWallet(), event);
  if (after.revision !== wallet.revision + 1) throw new Error(`begins at ${after.revision}, the wallet is at ${wallet.revision}`);
  return after;
}

/** Events of the stream of a period that the wallet has in it. */
function eventsIn(wallet: Wallet, period: number): number {
  if (period === wallet.period) return streamRevision(wallet);
  const past = wallet.books?.past ?? [];
  const at = past.findIndex((one) => one.period === period);
  return at === -1 ? 0 : (past[at + 1]?.before ?? eventsBefore(wallet)) - (past[at]?.before ?? 0);
}

/** The event that closed the wallet's period; undefined where there is none. One read of one event. */
export async function closingOf(store: EventStore, id: WalletId, wallet: Wallet): Promise<RecordedEvent | undefined> {
  for await (const event of store.readStream(currentStream(id, wallet), streamRevision(wallet))) return event;
  return undefined;
}

/** What comes after `from` in the wallet's streams, period after period, each event with the wallet after it. */
export async function* historyOf(
  store: EventStore, id: WalletId, from: Wallet = emptyWallet(),
): AsyncGenerator<{ readonly event: RecordedEvent; readonly after: Wallet }> {
  let wallet = from;
  let closing = isClosed(from) ? await closingOf(store, id, from) : undefined;
  for (let stream = currentStream(id, from), known = streamRevision(from); ; known = 0) {
    for await (const event of store.readStream(stream, known + 1)) {
      const after = follow(wallet, event, closing);
      if (after === undefined) continue;
      wallet = after;
      closing = event;
      yield { event, after };
    }
    const { closedTo = null } = wallet.books ?? {};
    if (closedTo === null || walletStream(id, closedTo) === stream) return; // open, or the next period is not there yet
    stream = walletStream(id, closedTo);
  }
}
