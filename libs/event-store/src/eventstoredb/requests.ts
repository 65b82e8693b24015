import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type * as Streams from '@eventstore/db-client/generated/streams_pb.js';

import type { Revision, StreamName } from '../port.ts';
import { comparePositions, LOG_START, type Position } from './positions.ts';

const { ReadReq } = streams;
const { Options } = ReadReq;
const FORWARDS = 0;
const BACKWARDS = 1;
/** Events that the server looks at, at most, before it sends a subscription a checkpoint although nothing matched. */
const SEARCH_WINDOW_EVENTS = 256;
/** Streams that begin with `$` are the server's own. */
const NOT_SYSTEM = '^[^$]';

/** Events of a stream from a revision on (1-based). */
export function streamForwards(stream: StreamName, from: Revision, count: number): Streams.ReadReq {
  return request(ofStream(stream).setRevision(String(from - 1)), FORWARDS, count);
}

/** The last event of a stream. */
export function streamEnd(stream: StreamName): Streams.ReadReq {
  return request(ofStream(stream).setEnd(new shared.Empty()), BACKWARDS, 1);
}

/** Events of the log from a position on, the one at the position included. */
export function logForwards(from: Position, count: number): Streams.ReadReq {
  return request(ofLog(from), FORWARDS, count);
}

/** The last event of the log. */
export function logEnd(): Streams.ReadReq {
  return request(new Options.AllOptions().setEnd(new shared.Empty()), BACKWARDS, 1);
}

/** A catch-up subscription to everything after a position, by prefix of the stream's name; without one, all but the server's own streams. */
export function subscribeAfter(after: Position, prefix: string): Streams.ReadReq {
  const expression = new Options.FilterOptions.Expression();
  if (prefix === '') expression.setRegex(NOT_SYSTEM);
  else expression.setPrefixList([prefix]);
  const filter = new Options.FilterOptions().setStreamIdentifier(expression);
  filter.setMax(SEARCH_WINDOW_EVENTS).setCheckpointintervalmultiplier(1);
  const options = new Options().setAll(ofLog(after)).setFilter(filter).setSubscription(new Options.SubscriptionOptions());
  return new ReadReq().setOptions(options.setUuidOption(textIds()));
}

type Of = Streams.ReadReq.Options.StreamOptions | Streams.ReadReq.Options.AllOptions;

function request(of: Of, direction: 0 | 1, count: number): Streams.ReadReq {
  const options = new Options().setReadDirection(direction).setCount(String(count)).setNoFilter(new shared.Empty());
  options.setUuidOption(textIds());
  return new ReadReq().setOptions(of instanceof Options.StreamOptions ? options.setStream(of) : options.setAll(of));
}

function ofStream(stream: StreamName): Streams.ReadReq.Options.StreamOptions {
  return new Options.StreamOptions().setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream)));
}

function ofLog(position: Position): Streams.ReadReq.Options.AllOptions {
  if (comparePositions(position, LOG_START) === 0) return new Options.AllOptions().setStart(new shared.Empty());
  const at = new Options.Position().setCommitPosition(String(position.commit)).setPreparePosition(String(position.prepare));
  return new Options.AllOptions().setPosition(at);
}

function textIds(): Streams.ReadReq.Options.UUIDOption {
  return new Options.UUIDOption().setString(new shared.Empty());
}
