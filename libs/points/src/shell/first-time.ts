import type { EventStore, RecordedEvent, StreamName } from '@trebol/event-store';
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
    if (own.length === 0 && recorded.revision !== at.revision) break;
    const event = decodeEvent(recorded);
    if (own.length > 0 && !follows(event, recorded, cause)) return own;
    if (own.length === 0 && identityOfEvent(event) !== at.identity) return undefined;
    cause ??= recorded.metadata;
    own.push(event);
  }
  if (own.length === 0) throw new Error(`${at.stream} has no event ${at.revision} although the wallet remembers it`);
  return own;
}

/** Only what a hold let go of can follow its command by itself: points of a lot that had lapsed. */
function follows(event: WalletEvent, recorded: RecordedEvent, cause: string | undefined): boolean {
  return event.type === 'PointsExpired' && recorded.metadata === cause;
}
