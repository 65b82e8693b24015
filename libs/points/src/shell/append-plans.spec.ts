import { APPEND_BYTES_MAX, InvalidAppend, MemoryEventStore, type StreamAppend } from '@trebol/event-store';
import { describe, expect, it } from '@jest/globals';
import { encodeEvent } from '../codec/event-codec.ts';
import { eventIdOf } from '../identity.ts';
import { t } from '../testing/commands.ts';
import { NOON } from '../testing/given.ts';
import { wallet } from '../testing/ledger-kit.ts';
import { walletStream } from '../wallet-id.ts';
import { appendPlans } from './append-plans.ts';

/** The first event of a member's wallet, with so many characters of metadata. */
function opening(member: string, metadata = 10): StreamAppend {
  const stream = walletStream(wallet(member));
  const event = encodeEvent({ type: 'WalletOpened', occurredAt: t(NOON), recordedAt: t(NOON) });
  return { stream, expectedRevision: 'noStream', events: [{ id: eventIdOf({ stream, ...event }), ...event, metadata: 'x'.repeat(metadata) }] };
}

describe('an append that is wrong in itself', () => {
  it('given it stands among others, then it alone fails, and is not asked for again', async () => {
    const store = new MemoryEventStore();
    const outcomes = await appendPlans(store, [opening('ana'), opening('bea', APPEND_BYTES_MAX), opening('cid')], 'bulk');
    expect(outcomes.map(({ status }) => status)).toEqual(['appended', 'unknown', 'appended']);
    expect(outcomes[1]).toMatchObject({ cause: expect.any(InvalidAppend) as unknown });
  });
});
