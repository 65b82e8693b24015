import any from 'google-protobuf/google/protobuf/any_pb.js';
import googleEmpty from 'google-protobuf/google/protobuf/empty_pb.js';
import type { Message } from 'google-protobuf';

import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import status from '@eventstore/db-client/generated/status_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type * as Shared from '@eventstore/db-client/generated/shared_pb.js';
import type * as Streams from '@eventstore/db-client/generated/streams_pb.js';

import { APPEND_BYTES_MAX, type Applied, type Expected, type ProposedEvent, type StoredEvent } from './event-log.ts';

type Proposed = Streams.BatchAppendReq.ProposedMessage | Streams.AppendReq.ProposedMessage;

export const streamName = (identifier: Shared.StreamIdentifier | undefined): string => Buffer.from(identifier?.getStreamName_asU8() ?? '').toString();

export function proposedEvent(message: Proposed): ProposedEvent {
  const metadata = message.getMetadataMap();
  return {
    id: (message.getId()?.getString() ?? '').toLowerCase(), type: metadata.get('type') ?? '', contentType: metadata.get('content-type') ?? '',
    data: Buffer.from(message.getData_asU8()), metadata: Buffer.from(message.getCustomMetadata_asU8()),
  };
}

export function expectedOfBatch(options: Streams.BatchAppendReq.Options): Expected {
  if (options.hasNoStream()) return 'noStream';
  if (options.hasAny()) return 'any';
  return options.hasStreamExists() ? 'streamExists' : Number(options.getStreamPosition());
}

export function expectedOfAppend(options: Streams.AppendReq.Options): Expected {
  if (options.hasNoStream()) return 'noStream';
  if (options.hasAny()) return 'any';
  return options.hasStreamExists() ? 'streamExists' : Number(options.getRevision());
}

interface AskedOf { readonly correlation: Shared.UUID | undefined; readonly stream: string; readonly expected: Expected }

/** An answer to one append of a batch call. */
export function batchAnswer(asked: AskedOf, applied: Applied | 'timeout' | 'notReady'): Streams.BatchAppendResp {
  const answer = new streams.BatchAppendResp();
  answer.setCorrelationId(asked.correlation);
  answer.setStreamIdentifier(identifierOf(asked.stream));
  if (typeof applied === 'object' && 'revision' in applied) {
    const success = new streams.BatchAppendResp.Success();
    success.setCurrentRevision(String(applied.revision));
    const position = new shared.AllStreamPosition();
    position.setCommitPosition(String(applied.position));
    position.setPreparePosition(String(applied.position));
    success.setPosition(position);
    return answer.setSuccess(success);
  }
  return answer.setError(errorOf(applied, asked.expected));
}

function errorOf(applied: Exclude<Applied, { revision: number }> | 'timeout' | 'notReady', expected: Expected) {
  const error = new status.Status();
  if (applied === 'notReady') {
    error.setMessage('Server Is Not Ready');
    error.setDetails(packed(new googleEmpty.Empty(), 'google.protobuf.Empty'));
  } else if (applied === 'timeout') {
    error.setDetails(packed(new shared.Timeout(), 'event_store.client.Timeout'));
  } else if (applied.kind === 'tooLarge') {
    const details = new shared.MaximumAppendSizeExceeded();
    details.setMaxappendsize(APPEND_BYTES_MAX);
    error.setDetails(packed(details, 'event_store.client.MaximumAppendSizeExceeded'));
  } else {
    error.setDetails(packed(wrongVersion(applied.current, expected), 'event_store.client.WrongExpectedVersion'));
  }
  return error;
}

function wrongVersion(current: number | undefined, expected: Expected) {
  const details = new shared.WrongExpectedVersion();
  if (current === undefined) details.setCurrentNoStream(new googleEmpty.Empty());
  else details.setCurrentStreamRevision(String(current));
  if (expected === 'noStream') details.setExpectedNoStream(new googleEmpty.Empty());
  else if (typeof expected === 'number') details.setExpectedStreamPosition(String(expected));
  return details;
}

function packed(message: Message, name: string) {
  const details = new any.Any();
  details.pack(message.serializeBinary(), name);
  return details;
}

/** The answer to a unary append. */
export function appendAnswer(applied: Extract<Applied, { revision: number } | { kind: 'conflict' }>, expected: Expected): Streams.AppendResp {
  const answer = new streams.AppendResp();
  if (applied.kind === 'conflict') {
    const conflict = new streams.AppendResp.WrongExpectedVersion();
    if (applied.current === undefined) conflict.setCurrentNoStream(new shared.Empty());
    else conflict.setCurrentRevision(String(applied.current));
    if (expected === 'noStream') conflict.setExpectedNoStream(new shared.Empty());
    else if (typeof expected === 'number') conflict.setExpectedRevision(String(expected));
    return answer.setWrongExpectedVersion(conflict);
  }
  const success = new streams.AppendResp.Success();
  success.setCurrentRevision(String(applied.revision));
  const position = new streams.AppendResp.Position();
  position.setCommitPosition(String(applied.position));
  position.setPreparePosition(String(applied.position));
  return answer.setSuccess(success.setPosition(position));
}

export function eventRead(event: StoredEvent): Streams.ReadResp {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent();
  const id = new shared.UUID();
  recorded.setId(id.setString(event.id));
  recorded.setStreamIdentifier(identifierOf(event.stream));
  recorded.setStreamRevision(String(event.revision));
  recorded.setCommitPosition(String(event.position));
  recorded.setPreparePosition(String(event.position));
  recorded.getMetadataMap().set('type', event.type).set('content-type', event.contentType).set('created', event.created);
  recorded.setCustomMetadata(event.metadata);
  recorded.setData(event.data);
  const read = new streams.ReadResp.ReadEvent();
  read.setEvent(recorded);
  read.setCommitPosition(String(event.position));
  return new streams.ReadResp().setEvent(read);
}

export function notFound(stream: string): Streams.ReadResp {
  const found = new streams.ReadResp.StreamNotFound();
  return new streams.ReadResp().setStreamNotFound(found.setStreamIdentifier(identifierOf(stream)));
}

export function confirmation(id: string): Streams.ReadResp {
  return new streams.ReadResp().setConfirmation(new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId(id));
}

export function checkpoint(commit: bigint, prepare = commit): Streams.ReadResp {
  return new streams.ReadResp().setCheckpoint(new streams.ReadResp.Checkpoint().setCommitPosition(String(commit)).setPreparePosition(String(prepare)));
}

export const caughtUp = (): Streams.ReadResp => new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp());

/** What the client asks a server for first: whether it knows the batch append. */
export function supportedMethods() {
  const answer = new features.SupportedMethods();
  answer.setEventStoreServerVersion('24.6.0-rig');
  answer.setMethodsList(['read', 'append', 'batchappend'].map((name) =>
    new features.SupportedMethod().setServiceName('event_store.client.streams.streams').setMethodName(name)));
  return answer;
}

function identifierOf(stream: string): Shared.StreamIdentifier {
  return new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
}
