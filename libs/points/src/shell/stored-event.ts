import type { NewEvent } from '@trebol/event-store';
import { encodeEvent } from '../codec/event-codec.ts';
import { metadataOf } from '../codec/metadata.ts';
import type { PointsCommand } from '../commands.ts';
import type { WalletEvent } from '../events.ts';
import { eventIdOf } from '../identity.ts';
import { EVENT_FRAME_BYTES } from '../limits.ts';

/** What an event counts against `APPEND_BYTES_MAX`, at most. */
export function bytesOf({ data, metadata = '' }: NewEvent): number {
  return Buffer.byteLength(data) + Buffer.byteLength(metadata) + EVENT_FRAME_BYTES;
}

/** Tenant, wallet and recorded instant are in the stream's name and columns; metadata says who asked. */
export function stored(stream: string, event: WalletEvent, command: PointsCommand): NewEvent {
  const encoded = encodeEvent(event);
  return { id: eventIdOf({ stream, ...encoded }), ...encoded, metadata: metadataOf(command) };
}
