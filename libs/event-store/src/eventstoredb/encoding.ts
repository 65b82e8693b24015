import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type * as Shared from '@eventstore/db-client/generated/shared_pb.js';
import type * as Streams from '@eventstore/db-client/generated/streams_pb.js';

import type { NewEvent, RecordedEvent } from '../port.ts';
import type { Position } from './positions.ts';

export type Recorded = Streams.ReadResp.ReadEvent.RecordedEvent;

/** EventStoreDB has one log; the port counts from 1. */
const PARTITION = 1;
/** Unset positions arrive as the largest unsigned 64-bit number. */
const POSITION_UNSET = 2n ** 64n - 1n;

const FRAME = /^\{"schemaVersion":(\d{1,5}),"recordedAt":(-?\d{1,15})(?:,"metadata":(.*))?\}$/s;

/** The server's metadata of an event: what the port knows beside the data, and the caller's own metadata, unchanged, at the end. */
export function framed({ schemaVersion, recordedAt, metadata }: Pick<NewEvent, 'schemaVersion' | 'recordedAt' | 'metadata'>): string {
  return `{"schemaVersion":${schemaVersion},"recordedAt":${recordedAt}${metadata === undefined ? '' : `,"metadata":${metadata}`}}`;
}

/** An event as the server takes it: the data goes out byte for byte, marked as JSON so that the server's tools show it. */
export function toProposed(event: NewEvent): Streams.BatchAppendReq.ProposedMessage {
  const message = new streams.BatchAppendReq.ProposedMessage();
  message.setId(new shared.UUID().setString(event.id));
  message.getMetadataMap().set('type', event.type).set('content-type', 'application/json');
  message.setData(Buffer.from(event.data));
  message.setCustomMetadata(Buffer.from(framed(event)));
  return message;
}

/** The event, or undefined when its metadata shows that no append of ours wrote it. */
export function fromRecorded(recorded: Recorded): RecordedEvent | undefined {
  const frame = FRAME.exec(textOf(recorded.getCustomMetadata_asU8()));
  if (!frame) return undefined;
  const [, schemaVersion, recordedAt, metadata] = frame;
  const event = {
    stream: streamOf(recorded), revision: Number(recorded.getStreamRevision()) + 1, id: idOf(recorded.getId()),
    type: recorded.getMetadataMap().get('type') ?? '', schemaVersion: Number(schemaVersion), data: textOf(recorded.getData_asU8()),
    recordedAt: Number(recordedAt), position: { partition: PARTITION, position: positionOf(recorded).commit },
  };
  return metadata === undefined ? event : { ...event, metadata };
}

/** A UUID as text, lower case. Servers give it as text or as two numbers, whichever form it was asked for in. */
export function idOf(uuid: Shared.UUID | undefined): string {
  const halves = uuid?.getStructured();
  if (halves === undefined) return (uuid?.getString() ?? '').toLowerCase();
  const digits = [halves.getMostSignificantBits(), halves.getLeastSignificantBits()]
    .map((bits) => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0')).join('');
  return uuidFrom(digits);
}

/** 32 hexadecimal digits in the form of a UUID. */
export function uuidFrom(digits: string): string {
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-');
}

export function streamOf(recorded: Recorded): string {
  return textOf(recorded.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array());
}

export function positionOf(place: { getCommitPosition(): string; getPreparePosition(): string }): Position {
  const [commit, prepare] = [BigInt(place.getCommitPosition()), BigInt(place.getPreparePosition())];
  return commit === POSITION_UNSET ? { commit: 0n, prepare: 0n } : { commit, prepare };
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
