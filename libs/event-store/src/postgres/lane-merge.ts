import { LogDamaged } from '../damage.ts';
import type { Positions } from './checkpoints.ts';

/** What the order of the log needs to know of an event. */
export interface Logged {
  readonly partition: number;
  readonly position: number;
  readonly tick: number;
}

/** Reads the events of one partition after a position, up to and with another, in order of position, without a hole. */
export type ReadLane<E extends Logged> = (partition: number, after: number, upTo: number) => Promise<readonly E[]>;

interface Lane<E> {
  readonly partition: number;
  readonly head: number;
  page: readonly E[];
  /** Next of the page to be taken. */
  next: number;
  /** Last position of the page, or where reading begins. */
  read: number;
}

/**
 * Merges the lanes of the log, from the positions a reader has reached up to heads that were read in *one* snapshot, in the order
 * (tick, partition, position). What it hands out keeps the order of every stream, leaves nothing out and brings nothing twice, also
 * when the reader stops anywhere and goes on later, with other heads.
 *
 * Why. Write `a < b` for two events of one stream, a before b, and call D what the reader has (per lane all up to a position).
 * 1. In a lane positions grow with commits and ticks never fall with positions: both come from the locked head. So each lane is
 *    sorted by (tick, position), and merging sorted lanes by their first elements sorts the whole; no lane's first element may be
 *    passed over unread, so a lane whose page is used up is read on before anything else is handed out (`first`).
 * 2. `a < b` implies (tick, position) of a is below that of b: by appends of their own, b's append locked the stream after a's
 *    had committed and took a tick above everything committed then; of one append, they share the tick and the lane, and a's position is
 *    lower. So a stream's events never share a tick across lanes, and how ties across lanes are broken does not matter.
 * 3. If b is within the heads, so is a: a had committed before b's append began to write, and the heads are one snapshot. So between two
 *    snapshots nothing appears that belongs before an event already within the first.
 * 4. By 1 and 2 a stream's events come in order up to these heads; by 3 all that come later (between these heads and the next) belong
 *    after them. If the reader stops in the middle, D is a prefix of the sorted whole; what is left of it and what was added
 *    since are sorted again by the next merge, and by 2 and 3 nothing of it belongs before anything in D. A batch of
 *    one tick may be cut anywhere: the rest has the same tick, the same lane and higher positions.
 */
export class LaneMerge<E extends Logged> {
  private readonly lanes: Lane<E>[];

  constructor(from: Positions, heads: Positions, private readonly parts: { readonly pageMax: number; readonly read: ReadLane<E> }) {
    this.lanes = [...heads].map(([partition, head]) => {
      const read = from.get(partition) ?? 0;
      if (read > head) throw new RangeError(`position ${read} of partition ${partition} is past the end of the log (${head})`);
      return { partition, head, page: [], next: 0, read };
    });
  }

  /** True when everything up to the heads was handed out. */
  get exhausted(): boolean {
    return this.lanes.every((lane) => lane.next === lane.page.length && lane.read === lane.head);
  }

  /** At most so many events, the next ones; fewer only at the heads. */
  async take(count: number): Promise<E[]> {
    const taken: E[] = [];
    while (taken.length < count) {
      let lowest: { lane: Lane<E>; event: E } | undefined;
      for (const lane of this.lanes) {
        // Most lanes have an event at hand; waiting for a promise each time would cost more than the merge.
        const event = lane.page[lane.next] ?? await this.first(lane);
        if (event !== undefined && (lowest === undefined || event.tick < lowest.event.tick)) lowest = { lane, event };
      }
      if (lowest === undefined) break;
      lowest.lane.next += 1;
      taken.push(lowest.event);
    }
    return taken;
  }

  private async first(lane: Lane<E>): Promise<E | undefined> {
    if (lane.read === lane.head) return undefined;
    const upTo = Math.min(lane.head, lane.read + this.parts.pageMax);
    const page = await this.parts.read(lane.partition, lane.read, upTo);
    page.forEach((event, index) => {
      if (event.position !== lane.read + 1 + index) throw new LogDamaged(lane.partition, lane.read + 1 + index);
    });
    if (page.length !== upTo - lane.read) throw new LogDamaged(lane.partition, lane.read + page.length + 1);
    lane.page = page;
    lane.next = 0;
    lane.read = upTo;
    return page[0];
  }
}
