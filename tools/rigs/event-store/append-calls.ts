import { setTimeout as sleep } from 'node:timers/promises';

import { Metadata, type ServerDuplexStream, type ServerReadableStream, type sendUnaryData, status } from '@grpc/grpc-js';
import type * as Shared from '@eventstore/db-client/generated/shared_pb.js';
import type * as Streams from '@eventstore/db-client/generated/streams_pb.js';

import { APPEND_BYTES_MAX, type Applied, type EventLog, type Expected, type ProposedEvent } from './event-log.ts';
import type { Faults } from './faults.ts';
import { appendAnswer, batchAnswer, expectedOfAppend, expectedOfBatch, proposedEvent, streamName } from './wire.ts';

/** How long the server lets a retry wait that comes while the original is in flight, in milliseconds, before it calls it timed out. */
const IN_FLIGHT_RETRY_MS = 2_500;

const TOLD = 'the rig was told so';

interface Asked {
  readonly correlation: Shared.UUID | undefined;
  readonly stream: string;
  readonly expected: Expected;
  readonly deadlineMs: number;
  readonly events: ProposedEvent[];
}

type AppendCall = ServerReadableStream<Streams.AppendReq, Streams.AppendResp>;
type BatchCall = ServerDuplexStream<Streams.BatchAppendReq, Streams.BatchAppendResp>;
type Answer = Applied | 'timeout' | 'notReady' | 'none' | 'cut' | { readonly code: status };

export interface AppendParts {
  readonly log: EventLog;
  readonly faults: Faults;
  /** Cuts the connection that a call came on. */
  readonly cut: (peer: string) => void;
}

/** The batch append: many appends on one call, each answered by its correlation id, in whatever order they are done. */
export function batchAppend(call: BatchCall, parts: AppendParts): void {
  const asked = new Map<string, Asked>();
  call.on('error', () => undefined);
  call.on('data', (request: Streams.BatchAppendReq) => {
    const id = request.getCorrelationId()?.getString() ?? '';
    const options = request.getOptions();
    if (options) {
      const deadlineMs = options.getDeadline()?.toDate().getTime() ?? Infinity;
      const stream = streamName(options.getStreamIdentifier());
      asked.set(id, { correlation: request.getCorrelationId(), stream, expected: expectedOfBatch(options), deadlineMs, events: [] });
    }
    const append = asked.get(id);
    if (!append) return;
    append.events.push(...request.getProposedMessagesList().map(proposedEvent));
    if (!request.getIsFinal()) return;
    asked.delete(id);
    void answerBatch(call, append, parts);
  });
  call.on('end', () => { call.end(); });
}

async function answerBatch(call: BatchCall, append: Asked, parts: AppendParts): Promise<void> {
  const answer = await decide(append, parts);
  if (call.cancelled || answer === 'none') return;
  if (answer === 'cut') parts.cut(call.getPeer());
  else if (typeof answer === 'object' && 'code' in answer) call.emit('error', { code: answer.code, details: TOLD, metadata: new Metadata() });
  else call.write(batchAnswer(append, answer));
}

/** The unary append that the client falls back to: one call for each append. */
export function append(call: AppendCall, done: sendUnaryData<Streams.AppendResp>, parts: AppendParts): void {
  const events: ProposedEvent[] = [];
  let options: Streams.AppendReq.Options | undefined;
  call.on('error', () => undefined);
  call.on('data', (request: Streams.AppendReq) => {
    options = request.getOptions() ?? options;
    const message = request.getProposedMessage();
    if (message) events.push(proposedEvent(message));
  });
  call.on('end', () => {
    if (!options) return;
    const expected = expectedOfAppend(options);
    const asked = { correlation: undefined, stream: streamName(options.getStreamIdentifier()), expected, deadlineMs: Infinity, events };
    void decide(asked, parts).then((answer) => {
      if (answer === 'cut') parts.cut(call.getPeer());
      else if (answer !== 'none') answerUnary(answer, expected, done);
    });
  });
}

function answerUnary(answer: Exclude<Answer, 'none' | 'cut'>, expected: Expected, done: sendUnaryData<Streams.AppendResp>): void {
  if (answer === 'timeout') done({ code: status.DEADLINE_EXCEEDED, details: 'timeout' });
  else if (answer === 'notReady') done({ code: status.UNKNOWN, details: 'Server Is Not Ready' });
  else if ('code' in answer) done({ code: answer.code, details: TOLD });
  else if (answer.kind === 'tooLarge') done(tooLarge());
  else done(null, appendAnswer(answer, expected));
}

async function decide(asked: Asked, { log, faults }: AppendParts): Promise<Answer> {
  const refusal = refused(faults);
  if (refusal !== undefined) return refusal;
  if (Date.now() >= asked.deadlineMs) return 'timeout';
  const applied = log.append(asked.stream, asked.expected, asked.events);
  if (!('revision' in applied)) return applied;
  const lost = takeOne(faults, 'dropAfterApply') ? 'none' : takeOne(faults, 'cutAfterApply') ? 'cut' : undefined;
  await applied.durable;
  if (lost !== undefined) return lost;
  if (applied.inFlight) return sleep(IN_FLIGHT_RETRY_MS, 'timeout');
  if (faults.delayMs !== undefined) await sleep(Math.min(faults.delayMs, asked.deadlineMs - Date.now()));
  return Date.now() >= asked.deadlineMs ? 'timeout' : applied;
}

function refused(faults: Faults): Answer | undefined {
  if (!faults.errorBeforeApply || faults.errorBeforeApply.count <= 0) return undefined;
  faults.errorBeforeApply.count -= 1;
  switch (faults.errorBeforeApply.how) {
    case 'unavailable': return { code: status.UNAVAILABLE };
    case 'internal': return { code: status.INTERNAL };
    case 'notReady':
    case 'timeout': return faults.errorBeforeApply.how;
  }
}

function takeOne(faults: Faults, name: 'dropAfterApply' | 'cutAfterApply'): boolean {
  const left = faults[name] ?? 0;
  if (left > 0) faults[name] = left - 1;
  return left > 0;
}

function tooLarge() {
  const metadata = new Metadata();
  metadata.set('exception', 'maximum-append-size-exceeded');
  metadata.set('maximum-append-size', String(APPEND_BYTES_MAX));
  return { code: status.INVALID_ARGUMENT, details: 'Maximum Append Size of 1048576 Exceeded.', metadata };
}
