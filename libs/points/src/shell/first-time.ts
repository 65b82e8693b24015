import type { EventStore, StreamName } from '@trebol/event-store';
import { decodeEvent } from '../codec/event-codec.ts';
import type { WalletEvent } from '../events.ts';
import { identityOfEvent } from '../identity.ts';

/**
 * Reads the effect a fingerprint points to and what followed from it in the same decision: the first answer again (G7). Undefined
 * when another fact stands there: two identities share a fingerprint (2⁻⁶⁴), and the command is new after all.
 */
export async function firstTime(
  store: EventStore, at: { readonly stream: StreamName; readonly revision: number; readonly identity: string | undefined },
): Promise<readonly WalletEvent[] | undefined> {
  const own: WalletEvent[] = [];
  let cause: string | undefined;
  for await (const recorded of store.readStream(at.stream, at.revision)) {
    const [first] = own;
    const event = decodeEvent(recorded);
    if (first === undefined) {
      if (recorded.revision !== at.revision) break;
      if (identityOfEvent(event) !== at.identity) return undefined;
      cause = recorded.metadata;
    } else if (recorded.metadata !== cause || !follows(event, first)) return own;
    own.push(event);
  }
  if (own.length === 0) throw new Error(`${at.stream} has no event ${at.revision} although the wallet remembers it`);
  return own;
}

/**
 * Only points that a command gave back to a lot which had lapsed can follow it by themselves: they expire in the same instant. What time
 * brought has instants of its own, and a hold that lapsed is time's doing itself.
 */
function follows(event: WalletEvent, first: WalletEvent): boolean {
  if (first.type === 'HoldReleased' && first.reason === 'lapsed') return false;
  return event.type === 'PointsExpired' && event.recordedAt === first.recordedAt && event.occurredAt === first.recordedAt;
}
