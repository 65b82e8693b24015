import type { RecordedEvent } from '@trebol/event-store';
import { encodeEvent } from '../codec/event-codec.ts';
import type { WalletEvent } from '../events.ts';
import { eventIdOf } from '../identity.ts';
import { walletStream } from '../wallet-id.ts';

const STREAM = walletStream({ tenant: 'main', programme: 'club', pointType: 'points', member: 'ana' });

/** Events as a store would give them back. */
export function recorded(events: readonly WalletEvent[]): RecordedEvent[] {
  return events.map((event, index) => {
    const encoded = encodeEvent(event);
    const position = { partition: 1, position: BigInt(index + 1) };
    return { ...encoded, id: eventIdOf({ stream: STREAM, ...encoded }), stream: STREAM, revision: index + 1, position };
  });
}
