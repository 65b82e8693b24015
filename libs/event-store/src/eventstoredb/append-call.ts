import { randomBytes } from 'node:crypto';

import type { Clock } from '@trebol/contracts';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type * as Streams from '@eventstore/db-client/generated/streams_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import timestamp from 'google-protobuf/google/protobuf/timestamp_pb.js';

import type { NewEvent, Revision, StreamName } from '../port.ts';
import type { BatchCall, Connection } from './connection.ts';
import { idOf, toProposed, uuidFrom } from './encoding.ts';
import { isPassing, NoAnswer } from './failures.ts';

/**
 * Deadline written into an append, in milliseconds. It is an instant of this machine's clock, read by the server's: a minute lets
 * their clocks differ. The server itself gives up after its own write timeout (2 s), the caller after `answerMs`.
 */
const SERVER_DEADLINE_MS = 60_000;
/** How often overdue answers are looked for, in milliseconds. */
const SWEEP_MS = 100;

/** `unclear`: written or not. `refused`: the server will not take it, ever. */
export type Answer =
  | { readonly kind: 'appended'; readonly revision: Revision }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'unclear' | 'refused'; readonly cause: unknown };

export interface Sending {
  readonly stream: StreamName;
  readonly expected: Revision;
  readonly events: readonly NewEvent[];
}

interface Waiting { readonly sentAt: number; readonly answer: (answer: Answer) => void }

export interface AppendCallParts {
  readonly connection: Connection;
  readonly clock: Clock;
  /** An append without an answer for so long is unclear, in milliseconds. */
  readonly answerMs: number;
}

/** Many appends in flight on one call; a call that broke is replaced with the next append. */
export class AppendCall {
  private call: Promise<OpenCall> | undefined;

  constructor(private readonly parts: AppendCallParts) {}

  /** Always answers: at the latest when it is overdue. Nothing is sent twice here. */
  async send(sending: Sending): Promise<Answer> {
    this.call ??= this.open();
    const opening = this.call;
    try {
      const call = await opening;
      if (call.broken) throw new NoAnswer('the call broke before the append was sent');
      return await call.send(sending);
    } catch (error) {
      if (this.call === opening) this.call = undefined;
      return { kind: isPassing(error) ? 'unclear' : 'refused', cause: error };
    }
  }

  private async open(): Promise<OpenCall> {
    const opening = this.parts.connection.batchAppend();
    const call: OpenCall = new OpenCall(await opening, this.parts, () => { this.call = undefined; });
    return call;
  }
}

class OpenCall {
  broken = false;
  /** By correlation id, in the order they were sent. */
  private readonly waiting = new Map<string, Waiting>();
  private readonly series = randomBytes(8).toString('hex'); // names answers on the wire, is stored nowhere
  private last = 0;
  private sweeping = false;

  constructor(private readonly call: BatchCall, private readonly parts: AppendCallParts, private readonly onBroken: () => void) {
    call.on('data', (answer: Streams.BatchAppendResp) => {
      const id = idOf(answer.getCorrelationId());
      // Answers that come after they were given up on are for nobody: the append was settled by reading.
      this.take(id)?.answer(answerOf(answer));
    });
    call.on('error', (error: unknown) => { this.fail(error); });
    call.on('end', () => { this.fail(new NoAnswer('the server ended the call')); });
  }

  send(sending: Sending): Promise<Answer> {
    this.last += 1;
    const id = correlationId(this.series, this.last);
    const request = requestOf(id, sending, this.parts.connection.deadline(SERVER_DEADLINE_MS));
    return new Promise((answer) => {
      this.waiting.set(id, { sentAt: performance.now(), answer });
      this.call.write(request);
      if (!this.sweeping) void this.sweep();
    });
  }

  private take(id: string): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    return waiting;
  }

  private fail(error: unknown): void {
    if (!this.broken) this.onBroken();
    this.broken = true;
    for (const { answer } of this.waiting.values()) answer({ kind: isPassing(error) ? 'unclear' : 'refused', cause: error });
    this.waiting.clear();
    this.call.end();
  }

  private async sweep(): Promise<void> {
    this.sweeping = true;
    while (this.waiting.size > 0) {
      await this.parts.clock.sleep(SWEEP_MS);
      const sentBefore = performance.now() - this.parts.answerMs;
      for (const [id, { sentAt, answer }] of this.waiting) {
        if (sentAt > sentBefore) break;
        this.waiting.delete(id);
        answer({ kind: 'unclear', cause: new NoAnswer(`no answer to an append for ${this.parts.answerMs} ms`) });
      }
    }
    this.sweeping = false;
  }
}

function requestOf(id: string, { stream, expected, events }: Sending, deadline: Date): Streams.BatchAppendReq {
  const options = new streams.BatchAppendReq.Options();
  options.setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream)));
  options.setDeadline(timestamp.Timestamp.fromDate(deadline));
  if (expected === 0) options.setNoStream(new empty.Empty());
  else options.setStreamPosition(String(expected - 1));
  const request = new streams.BatchAppendReq().setOptions(options).setIsFinal(true);
  return request.setCorrelationId(new shared.UUID().setString(id)).setProposedMessagesList(events.map(toProposed));
}

function answerOf(answer: Streams.BatchAppendResp): Answer {
  const error = answer.getError();
  if (!error) return { kind: 'appended', revision: Number(answer.getSuccess()?.getCurrentRevision()) + 1 };
  const name = error.getDetails()?.getTypeName() ?? '';
  const cause = new NoAnswer(`the event store answered an append with ${name} ${error.getMessage()}`.trimEnd());
  switch (name) {
    case 'event_store.client.WrongExpectedVersion': return { kind: 'conflict' };
    case 'event_store.client.AccessDenied':
    case 'event_store.client.StreamDeleted':
    case 'event_store.client.MaximumAppendSizeExceeded':
    case 'event_store.client.BadRequest':
    case 'event_store.client.InvalidTransaction': return { kind: 'refused', cause: new Error(cause.message) };
    default: return { kind: 'unclear', cause }; // timeouts, servers that start, stop or are too busy
  }
}

/** A UUID by form: 16 random digits, then the number. */
function correlationId(series: string, n: number): string {
  return uuidFrom(`${series}${n.toString(16).padStart(16, '0')}`);
}
