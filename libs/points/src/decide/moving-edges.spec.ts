import { describe, expect, it } from '@jest/globals';
import type { WalletContents } from '../commands.ts';
import { lotIdOf } from '../identity.ts';
import { HOLDS_OPEN_MAX, LOTS_OPEN_MAX, LOTS_PER_EARNING_MAX } from '../limits.ts';
import { moveIn, moveOut, receive, send, takeBack } from '../testing/care-commands.ts';
import { cancel, capture, earn, giveBack, hold, redeem, release, ticket } from '../testing/commands.ts';
import { given } from '../testing/given.ts';
import { holdsDue } from '../wallet/due.ts';

const LATER = '2026-02-10T12:15:00Z';
const lotOf = (key: string, ordinal = 0) => lotIdOf(ticket(key), ordinal);
const NOTHING: WalletContents = { lots: [], holds: [], debt: 0, feeDue: 0, feePaid: 0 };

function contentsOf(wallet: ReturnType<typeof given>): WalletContents {
  const decision = wallet.history.run(moveOut('m'));
  const moved = decision.verdict === 'accepted' ? decision.own[0] : undefined;
  return moved?.type === 'LotsMovedOut' ? moved.contents : NOTHING;
}

describe('what a merge takes along', () => {
  it('is what has points and what a return may still name, not what was returned in full', () => {
    const { lots } = contentsOf(given(earn('returned', 10), giveBack('returned', 'back', 10), earn('spent', 5), redeem('r', 5), earn('open', 3)));
    expect(lots.map((lot) => lot.lotId)).toEqual([lotOf('spent'), lotOf('open')]);
  });

  it('is the open holds, not those that are over', () => {
    const { holds } = contentsOf(given(earn('s', 50), hold('over', 1, LATER), capture('over'), hold('gone', 2, LATER), release('gone'),
      hold('open', 3, LATER)));
    expect(holds).toEqual([{ holdId: 'open', expiresAt: Date.parse(LATER), allocations: [{ lotId: lotOf('s'), points: 3 }] }]);
  });
});

describe('limits of a merge', () => {
  const full = (less: number) => given(
    ...Array.from({ length: LOTS_OPEN_MAX / LOTS_PER_EARNING_MAX }, (_, n) =>
      earn(`s${n}`, Array.from({ length: LOTS_PER_EARNING_MAX }, () => ({ points: 1 })))),
    ...(less === 0 ? [] : [redeem('r', less)]),
  );

  it('count lots that have points, held ones too, and none that come for the sake of returns', () => {
    const reached = { code: 'limitReached', limit: 'lotsOpen', max: LOTS_OPEN_MAX } as const;
    const spent = contentsOf(given(earn('a', 5), redeem('q', 5)));
    const held = contentsOf(given(earn('a', 5), hold('h', 5, LATER)));
    const one = contentsOf(given(earn('a', 5)));
    full(0).when(moveIn('m', spent)).thenRecords('LotsMovedIn');
    for (const contents of [held, one]) {
      full(0).when(moveIn('m', contents)).thenRefused(reached);
      full(1).when(moveIn('m', contents)).thenRecords('LotsMovedIn');
    }
  });

  it('count holds that are open, not those that are over', () => {
    const over = Array.from({ length: HOLDS_OPEN_MAX }, (_, n) => [hold(`h${n}`, 1, LATER), capture(`h${n}`)]).flat();
    const held = contentsOf(given(earn('b', 5), hold('x', 1, LATER)));
    given(earn('s', 50), ...over).when(moveIn('m', held)).thenRecords('LotsMovedIn').leaving({ held: 1 });
  });
});

describe('holds that meet their own id', () => {
  it('are let go one by one, and the others stay', () => {
    const contents = contentsOf(given(earn('a', 50), hold('taken', 10, LATER), hold('free', 7, LATER), hold('taken too', 3, LATER)));
    const merged = given(earn('b', 20), hold('taken', 1, LATER), redeem('taken too', 2), moveIn('m', contents));
    expect(merged.history.balance()).toMatchObject({ available: 20 - 3 + 43, held: 1 + 7 });
    merged.when(capture('free')).withEffect({ spent: 7 });
    merged.when(capture('taken')).withEffect({ spent: 1 });
    merged.when(cancel('taken too', 'c')).withEffect({ restored: 2 });
  });
});

describe('taking back one transfer', () => {
  it('leaves the others and the redemptions as they were', () => {
    const wallet = given(earn('s', 50), send('one', 10), send('two', 20), redeem('r', 5), takeBack('one'));
    wallet.when(takeBack('two')).withEffect({ restored: 20 }).leaving({ available: 45 });
    wallet.when(cancel('r', 'c')).withEffect({ restored: 5 }).leaving({ available: 50 });
  });
});

describe('two lots of one id that become one', () => {
  it('were granted what the larger was, also after a part of it was returned', () => {
    const ana = given(earn('a', 50), giveBack('a', 'back', 10));
    const decision = ana.history.run(send('t', 20));
    const sent = decision.verdict === 'accepted' && decision.own[0]?.type === 'PointsSent' ? decision.own[0].lots : [];
    const bea = given(receive('t', sent), moveIn('m', contentsOf(ana)));
    expect(bea.history.wallet.lots).toMatchObject([{ lotId: lotOf('a'), granted: 50, entitled: 40, remaining: 40 }]);
  });
});

describe('holds that are due', () => {
  it('are named soonest first, whatever the order they were placed in', () => {
    const { wallet } = given(earn('s', 50), hold('late', 1, '2026-02-10T12:20:00Z'), hold('soon', 1, LATER)).history;
    expect(holdsDue(wallet, Date.parse('2026-02-10T12:20:00Z')).map((one) => one.holdId)).toEqual(['soon', 'late']);
    expect(holdsDue(wallet, Date.parse('2026-02-10T12:20:00Z') - 1).map((one) => one.holdId)).toEqual(['soon']);
  });
});
