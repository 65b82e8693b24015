import { expect, it } from '@jest/globals';

import type { Checkpoint, Lane, RecordedEvent } from '../port.ts';
import { event, type MakeStore, revisions, upTo, world, type World } from './given.ts';

const ROUNDS = 4;
const SMALL = 6;
/** Events of an append that takes its time: some 250 kB, a COPY where there is one. */
const LARGE = 250;
const FILLING = 'x'.repeat(1_000);

/** What was acknowledged, and an end of the log asked for afterwards: whoever has come there has seen it. */
interface Acknowledged { readonly stream: string; readonly end: Checkpoint }

/** The ordering race: what began first, and may have the lower position, is committed last; a reader must not have gone past it. */
export function orderingContract(makeStore: MakeStore): void {
  const w = world(makeStore);

  it.each([3, 25, 1_000])('given large appends that small ones begun later overtake, when a reader follows in batches of %i, then it skips nothing, and at an end it has seen all that was acknowledged before', async (batchMax) => {
    const prefix = w.prefix();
    const from = await w.store.end();
    const acknowledged: Acknowledged[] = [];
    const mark = `${prefix}mark`;
    const appending = (async () => {
      for (const round of upTo(ROUNDS)) await race(w, `${prefix}${round}-`, acknowledged);
      await w.append(mark, 'noStream', [event()], 'bulk');
      return w.store.end();
    })();
    const found = await follow(w, { from, prefix, batchMax, mark, last: appending, acknowledged });
    expect(revisions(found)).toEqual(Object.fromEntries([[mark, [1]], ...upTo(ROUNDS).flatMap((round) => [
      [`${prefix}${round}-large`, upTo(LARGE)], ...upTo(SMALL).map((n) => [`${prefix}${round}-small${n}`, [1, 2]]),
    ])]));
    // Whoever reads later reads the same, in the same order within each stream.
    const again = await follow(w, { from, prefix, batchMax: 50, mark, last: appending, acknowledged });
    expect(revisions(again)).toEqual(revisions(found));
  });
}

/** One large append and, begun after it, small ones in both lanes, each twice. */
async function race(w: World, prefix: string, acknowledged: Acknowledged[]): Promise<void> {
  const append = async (stream: string, lane: Lane, all: readonly ReturnType<typeof event>[][]): Promise<void> => {
    let revision = 0;
    for (const some of all) {
      expect((await w.append(stream, revision === 0 ? 'noStream' : revision, some, lane)).status).toBe('appended');
      revision += some.length;
    }
    acknowledged.push({ stream, end: await w.store.end() });
  };
  const large = append(`${prefix}large`, 'bulk', [upTo(LARGE).map((n) => event({ n, filling: FILLING }))]);
  const small = upTo(SMALL).map(async (n) => append(`${prefix}small${n}`, n % 2 === 0 ? 'bulk' : 'interactive', [[event()], [event()]]));
  await Promise.all([large, ...small]);
}

interface Following {
  readonly from: Checkpoint;
  readonly prefix: string;
  readonly batchMax: number;
  /** Comes last. */
  readonly mark: string;
  readonly last: Promise<Checkpoint>;
  readonly acknowledged: readonly Acknowledged[];
}

/** Reads until it covers the last end, and checks at each checkpoint what must have been seen by then. */
async function follow(w: World, { from, prefix, batchMax, mark, last, acknowledged }: Following): Promise<RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  const seen = new Set<string>();
  for await (const batch of w.store.subscribe(from, { batchMax, prefix, signal: new AbortController().signal })) {
    found.push(...batch.events);
    for (const { stream } of batch.events) seen.add(stream);
    for (const { stream, end } of acknowledged) {
      if (!seen.has(stream) && w.store.covers(batch.checkpoint, end)) throw new Error(`the reader went past ${stream}`);
    }
    if (seen.has(mark) && w.store.covers(batch.checkpoint, await last)) break;
  }
  return found;
}
