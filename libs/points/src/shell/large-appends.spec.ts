import { APPEND_BYTES_MAX } from '@trebol/event-store';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { encodeEvent } from '../codec/event-codec.ts';
import type { EarnPoints, PointsCommand } from '../commands.ts';
import { EVENT_FRAME_BYTES, EVENTS_PER_APPEND_MAX, LOTS_OPEN_AGAIN_MAX, LOTS_OPEN_MAX, LOTS_PER_EARNING_MAX } from '../limits.ts';
import { moveIn, send, takeBack } from '../testing/care-commands.ts';
import { cancel, earn, expireLots, lot, redeem, ticket } from '../testing/commands.ts';
import { given } from '../testing/given.ts';
import { ANA, LedgerKit, summary, wallet } from '../testing/ledger-kit.ts';
import type { WalletId } from '../wallet-id.ts';

let kit: LedgerKit;
beforeEach(() => { kit = new LedgerKit(); });

/** A name and a trace as long as callers give: some 150 bytes with every event. */
const LONG = { commandId: 'c'.repeat(64), traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
const MIDNIGHT = '2026-02-12';

/** Tickets that fill a wallet with lots, all of which become available at one midnight and lapse at another. */
function filling(name: string, { from, through } = { from: '2026-02-11', through: '2026-02-11' }): { wallet: WalletId; command: PointsCommand }[] {
  const each = Array.from({ length: LOTS_PER_EARNING_MAX }, () => ({ points: 1, from, through }));
  return Array.from({ length: LOTS_OPEN_MAX / LOTS_PER_EARNING_MAX }, (_, n) => ({ wallet: ANA, command: earn(`${name}${n}`, each) }));
}

const eventsOfEach = () => kit.line.appends.map(({ batch }) => batch[0]?.events.length);

describe('what is too much for one append', () => {
  it('given the time that passed takes more bytes, then it goes first, in as many appends as it takes, and the command with the rest', async () => {
    const ledger = kit.ledger();
    await ledger.handleMany(filling('s'));
    kit.clock.set(MIDNIGHT);
    await ledger.handleMany([{ wallet: wallet('bea'), command: earn('hers', 5) }]);
    kit.line.appends.length = 0;
    const outcomes = await ledger.handleMany([
      { wallet: ANA, command: { ...earn('today', 7), ...LONG } }, { wallet: wallet('bea'), command: { ...redeem('r', 5), ...LONG } },
    ]);
    expect(outcomes.map(summary)).toEqual(['accepted', 'accepted']);
    expect(outcomes[0]).toMatchObject({ alreadyDone: false, effect: { granted: 7, expired: 0 }, balance: { available: 7 } });
    const [first, second, ...more] = eventsOfEach();
    expect([(first ?? 0) + (second ?? 0), more]).toEqual([2 * LOTS_OPEN_MAX + 1, []]);
  });

  it('given twice as many lots are open as may be granted, because a redemption came back, then their midnight takes two appends', async () => {
    const ledger = kit.ledger();
    await ledger.handleMany(filling('s', { from: '2026-02-11', through: '2026-02-12' }));
    kit.clock.set('2026-02-11');
    await ledger.handle(ANA, redeem('all', LOTS_OPEN_MAX));
    await ledger.handleMany(filling('t', { from: '2026-02-12', through: '2026-02-12' }));
    expect(summary(await ledger.handle(ANA, cancel('all', 'c')))).toBe('accepted');
    kit.clock.set('2026-02-13');
    kit.line.appends.length = 0;
    expect(summary(await ledger.handle(ANA, expireLots('2026-02-13')))).toBe('accepted');
    expect(eventsOfEach()).toEqual([EVENTS_PER_APPEND_MAX, LOTS_OPEN_MAX + LOTS_OPEN_AGAIN_MAX - EVENTS_PER_APPEND_MAX]);
    expect((await ledger.wallet(ANA)).balance).toMatchObject({ available: 0, pending: 0, expiring: [] });
  });

  it('given a command is that by itself, then it alone is refused, one byte past what the store takes', async () => {
    const room = APPEND_BYTES_MAX - bytesOf({ ...earn('huge', 1), explanation: '' });
    const [fits, past] = [room, room + 1].map((length, n) => ({
      wallet: wallet(`m${n}`), command: { ...earn('huge', 1), explanation: 'x'.repeat(length) },
    }));
    const bulk = [fits, past, { wallet: ANA, command: earn('usual', 1) }].flatMap((one) => one ?? []);
    const outcomes = await kit.ledger().handleMany(bulk);
    expect(outcomes.map(summary)).toEqual(['accepted', 'limitReached', 'accepted']);
    expect(outcomes[1]).toMatchObject({ refusal: { limit: 'appendBytes', max: APPEND_BYTES_MAX } });
    expect(await kit.eventsOf(wallet('m1'))).toEqual([]);
  });

  it('given what a command makes due at once is too much with it, then that is left to whoever comes next, and no answer changes', async () => {
    const long = { commandId: 'c'.repeat(400) };
    const lots = Array.from({ length: LOTS_OPEN_MAX }, (_, n) => {
      const { lotId, ...dates } = lot(ticket(`t${n}`), 0, { points: 1, through: '2026-02-09' });
      return { lotId, ...dates, held: 0, source: lotId.slice(4), granted: 1, entitled: 1, expired: 0, forgiven: 0 };
    });
    const command = { ...moveIn('m', { lots, holds: [], debt: 0, feeDue: 0, feePaid: 0 }), ...long };
    const ledger = kit.ledger();
    const first = await ledger.handle(ANA, command);
    expect(first).toMatchObject({ alreadyDone: false, effect: { received: LOTS_OPEN_MAX, expired: 0 }, balance: { available: 0 } });
    expect(summary(await ledger.handle(ANA, { ...earn('next', 3), ...long }))).toBe('accepted');
    const again = await kit.ledger().handle(ANA, command);
    expect(again).toMatchObject({ alreadyDone: true, effect: first.status === 'accepted' && first.effect, balance: { available: 3 } });
  });
});

/** What a first ticket counts, with the opening of its wallet. */
function bytesOf(command: EarnPoints): number {
  const metadata = JSON.stringify({ c: command.commandId }).length;
  return given(command).history.events.reduce((sum, event) => sum + encodeEvent(event).data.length + metadata + EVENT_FRAME_BYTES, 0);
}

describe('lots that open again', () => {
  const full = (name: string) => filling(name, { from: '2026-01-01', through: '2026-03-01' }).map(({ command }) => command);

  it('may be as many as a full wallet spent when it has been filled again, and not one more', () => {
    const refusal = { code: 'limitReached', limit: 'lotsOpenAgain', max: LOTS_OPEN_AGAIN_MAX } as const;
    const wallet = given(
      ...full('s'), redeem('all', LOTS_OPEN_MAX), earn('one', 1), redeem('one', 1), earn('two', 1), send('two', 1),
      ...full('t'), cancel('all', 'c'),
    );
    wallet.when(cancel('one', 'd')).thenRefused(refusal);
    wallet.when(takeBack('two')).thenRefused(refusal);
    wallet.and(redeem('less', 1)).when(takeBack('two')).thenRecords('PointsTakenBack');
  });
});
