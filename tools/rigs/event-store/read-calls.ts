import type { ServerWritableStream } from '@grpc/grpc-js';
import type * as Streams from '@eventstore/db-client/generated/streams_pb.js';

import type { EventLog, StoredEvent } from './event-log.ts';
import { caughtUp, checkpoint, confirmation, eventRead, notFound, streamName } from './wire.ts';

/** Search window unless the client names one, in events. */
const WINDOW_EVENTS = 32;
const BACKWARDS = 1;

type ReadCall = ServerWritableStream<Streams.ReadReq, Streams.ReadResp>;
type Options = Streams.ReadReq.Options;

/** Reads of a stream or of everything, both ways, and the catch-up subscription to everything. */
export async function read(call: ReadCall, log: EventLog): Promise<void> {
  call.on('error', () => undefined);
  const options = call.request.getOptions();
  if (options?.hasSubscription()) {
    await subscribe(call, options, log);
  } else {
    for (const event of options ? selected(call, options, log) : []) if (!await send(call, eventRead(event))) return;
  }
  call.end();
}

function selected(call: ReadCall, options: Options, log: EventLog): Iterable<StoredEvent> {
  const backwards = options.getReadDirection() === BACKWARDS;
  const count = Number(options.getCount());
  const stream = options.getStream();
  if (!stream) return walk(log.all, { backwards, count, from: firstOfLog(options, log, backwards), matches: filterOf(options) });
  const name = streamName(stream.getStreamIdentifier());
  const events = log.stream(name);
  if (events.length === 0) call.write(notFound(name));
  return walk(events, { backwards, count, from: stream.hasRevision() ? Number(stream.getRevision()) : undefined, matches: () => true });
}

function firstOfLog(options: Options, log: EventLog, backwards: boolean): number | undefined {
  const all = options.getAll();
  if (all?.hasPosition()) return indexOf(log.all, BigInt(all.getPosition()?.getCommitPosition() ?? 0));
  return all?.hasEnd() && !backwards ? log.all.length : undefined;
}

interface Walk {
  readonly backwards: boolean;
  readonly count: number;
  readonly from: number | undefined;
  readonly matches: (event: StoredEvent) => boolean;
}

/** From an index on (else the start), or from an index back (else the end). */
function* walk(events: readonly StoredEvent[], { backwards, count, from, matches }: Walk): Iterable<StoredEvent> {
  let found = 0;
  const first = Math.min(from ?? (backwards ? events.length - 1 : 0), backwards ? events.length - 1 : Infinity);
  for (let index = first; index >= 0 && index < events.length && found < count; index += backwards ? -1 : 1) {
    const event = events[index];
    if (event === undefined || !matches(event)) continue;
    found += 1;
    yield event;
  }
}

/** Everything after a position, then what is appended; checkpoints where nothing matches; says when it has caught up, once. */
async function subscribe(call: ReadCall, options: Options, log: EventLog): Promise<void> {
  const filter = options.getFilter();
  const matches = filterOf(options);
  const interval = intervalOf(filter);
  let wake: () => void = () => undefined;
  const stop = log.onAppended(() => { wake(); });
  call.once('cancelled', () => { wake(); });
  const first = startOf(options, log);
  let live = false;
  await send(call, confirmation('rig'));
  for (let next = first; !call.cancelled;) {
    const event = log.all[next];
    if (event !== undefined) {
      next += 1;
      if (matches(event)) await send(call, eventRead(event));
      if (filter && (next - first) % interval === 0) await send(call, checkpoint(event.position));
    } else if (!live) {
      // Where the last page of the past was full, a server says here where the next record will begin: past its last event.
      if (filter && next > first) await send(call, checkpoint(log.end + 1n, 0n));
      live = await send(call, caughtUp());
    } else {
      await new Promise<void>((resolve) => { wake = resolve; });
    }
  }
  stop();
}

/** Events looked at before a checkpoint is sent. */
function intervalOf(filter: ReturnType<Options['getFilter']>): number {
  return (filter?.hasMax() ? filter.getMax() : WINDOW_EVENTS) * Math.max(filter?.getCheckpointintervalmultiplier() ?? 1, 1);
}

function startOf(options: Options, log: EventLog): number {
  const all = options.getAll();
  if (all?.hasEnd()) return log.all.length;
  if (!all?.hasPosition()) return 0;
  const after = BigInt(all.getPosition()?.getCommitPosition() ?? 0);
  return indexOf(log.all, after + 1n);
}

/** Index of the first event at or after a position. */
function indexOf(events: readonly StoredEvent[], position: bigint): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.position ?? 0n) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function filterOf(options: Options): (event: StoredEvent) => boolean {
  const filter = options.getFilter();
  const expression = filter?.getStreamIdentifier() ?? filter?.getEventType();
  if (!filter || !expression) return () => true;
  const textOf = filter.hasStreamIdentifier() ? (event: StoredEvent) => event.stream : (event: StoredEvent) => event.type;
  const prefixes = expression.getPrefixList();
  const regex = new RegExp(expression.getRegex());
  return prefixes.length > 0 ? (event) => prefixes.some((prefix) => textOf(event).startsWith(prefix)) : (event) => regex.test(textOf(event));
}

/** False when the caller has gone. Waits while he does not read on. */
async function send(call: ReadCall, message: Streams.ReadResp): Promise<boolean> {
  if (call.cancelled) return false;
  if (!call.write(message)) {
    await new Promise<void>((resolve) => {
      const go = (): void => { call.off('drain', go); call.off('cancelled', go); resolve(); };
      call.on('drain', go);
      call.on('cancelled', go);
    });
  }
  return !call.cancelled;
}
