import { describe, expect, it } from '@jest/globals';
import type { PointsCommand, TransferredLot, WalletContents } from '../commands.ts';
import { effectOf } from '../effect.ts';
import { lotIdOf } from '../identity.ts';
import { HOLDS_OPEN_MAX, LOTS_MOVED_MAX, LOTS_OPEN_MAX, LOTS_PER_EARNING_MAX } from '../limits.ts';
import { charge, closeWallet, extend, freeze, moveIn, moveOut, receive, send, takeBack } from '../testing/care-commands.ts';
import { cancel, capture, earn, expireLots, giveBack, hold, redeem, release, ticket } from '../testing/commands.ts';
import { at, given } from '../testing/given.ts';

const LATER = '2026-02-10T12:15:00Z';
const lotOf = (key: string, ordinal = 0) => lotIdOf(ticket(key), ordinal);
type Givens = ReturnType<typeof given>;

/** Runs a command of the first wallet and answers what its outcome would carry. */
function effectIn(wallet: Givens, command: PointsCommand) {
  const decision = wallet.history.run(command);
  if (decision.verdict !== 'accepted') throw new Error(JSON.stringify(decision));
  return effectOf(decision.own);
}
const sentBy = (wallet: Givens, transferId: string, points: number): readonly TransferredLot[] =>
  effectIn(wallet, send(transferId, points)).lots ?? [];
const contentsOf = (wallet: Givens, mergeId = 'm'): WalletContents =>
  effectIn(wallet, moveOut(mergeId)).contents ?? { lots: [], holds: [], debt: 0, feeDue: 0, feePaid: 0 };

describe('SendPoints', () => {
  it('lets available points go in spend order, with the ids and dates of their lots', () => {
    const ana = given(earn('late', 50), earn('soon', [{ points: 30, through: '2026-03-01' }, { points: 99, from: '2026-06-01' }]));
    const lots = sentBy(ana, 't', 40);
    expect(lots.map(({ lotId, points, validThrough }) => [lotId, points, validThrough]))
      .toEqual([[lotOf('soon'), 30, '2026-03-01'], [lotOf('late'), 10, '2027-06-30']]);
    expect(ana.history.balance()).toMatchObject({ available: 40, pending: 99 });
  });

  it('is refused in debt, without enough, for held and pending points, frozen and closed', () => {
    given(earn('a', 50), redeem('r', 50), giveBack('a', 'back', 20)).when(send('t', 1)).thenRefused({ code: 'senderInDebt', debt: 20 });
    given(earn('a', [{ points: 50 }, { points: 9, from: '2026-06-01' }]), hold('h', 20, LATER)).when(send('t', 31))
      .thenRefused({ code: 'insufficientPoints', available: 30, requested: 31 });
    given(earn('a', 50), freeze('z', 'spending')).when(send('t', 1)).thenRefused({ code: 'walletFrozen', mode: 'spending' });
    given(closeWallet('k')).when(send('t', 1)).thenRefused({ code: 'walletClosed' });
  });

  it('is done once, refused with another figure or another recipient', () => {
    given(earn('a', 50), send('t', 10)).when(send('t', 10)).thenAlreadyDone();
    given(earn('a', 50), send('t', 10)).when(send('t', 11)).thenRefused({ code: 'sourceConflict', source: 't' });
    given(earn('a', 50), send('t', 10)).when(send('t', 10, 'carmen')).thenRefused({ code: 'sourceConflict', source: 't' });
  });

  it('given the purchase is returned, then what was sent was put to use: the sender owes it', () => {
    given(earn('a', 50), send('t', 30)).when(giveBack('a', 'back', 50))
      .withEffect({ reversed: 50, debtIncurred: 30 }).leaving({ debt: 30 });
  });
});

describe('ReceivePoints', () => {
  const lots = () => sentBy(given(earn('a', [{ points: 30, through: '2026-03-01' }])), 't', 30);

  it('takes the lots with their ids and dates, and pays what is owed first', () => {
    given().when(receive('t', lots())).thenRecords('WalletOpened', 'PointsReceived').withEffect({ received: 30 })
      .withEvent({ lots: lots() }).leaving({ available: 30, expiring: [{ validThrough: '2026-03-01', points: 30 }] });
    given(earn('b', 9), redeem('r', 9), giveBack('b', 'back', 9), charge('card', 5)).when(receive('t', lots()))
      .withEffect({ debtRepaid: 9, feeRecovered: 5 }).leaving({ available: 16, debt: 0, feeDue: 0 });
    given(at('2026-03-02')).when(receive('t', lots()))
      .thenRecords('WalletOpened', 'PointsReceived', 'PointsExpired').leaving({ available: 0 });
  });

  it('joins a lot that comes home, and gives another id to one whose last day has changed', () => {
    const home = given(earn('a', [{ points: 30, through: '2026-03-01' }]), send('t', 20));
    home.when(receive('back', lots().map((lot) => ({ ...lot, points: 20 })), 'bea')).leaving({ available: 30 });
    expect(home.history.wallet.lots.length).toBe(1);
    home.when(giveBack('a', 'return', 30)).withEffect({ reversed: 30, debtIncurred: 0 }).leaving({ available: 0, debt: 0 });
    const longer = given(earn('a', [{ points: 30, through: '2026-03-01' }]), send('t', 20), extend('visit', '2026-04-01'));
    longer.when(receive('back', lots().map((lot) => ({ ...lot, points: 20 })), 'bea'))
      .leaving({ expiring: [{ validThrough: '2026-03-01', points: 20 }, { validThrough: '2026-04-01', points: 10 }] });
  });

  it('is not asked for the return of a purchase it was given points of', () => {
    given(receive('t', lots())).when(giveBack('a', 'back', 30))
      .thenRefused({ code: 'sourceNotFound', source: 'ticket/a' });
    given(receive('t', lots())).when(earn('a', [{ points: 30, through: '2026-03-01' }]))
      .thenRefused({ code: 'sourceConflict', source: 'ticket/a' });
  });

  it('is done once, refused with other lots, closed and past the limit', () => {
    given(receive('t', lots())).when(receive('t', lots())).thenAlreadyDone();
    given(receive('t', lots())).when(receive('t', lots(), 'carmen')).thenRefused({ code: 'sourceConflict', source: 't' });
    given(closeWallet('k', 'zoe')).when(receive('t', lots())).thenRefused({ code: 'walletClosed', movedTo: 'zoe' });
    const full = Array.from({ length: LOTS_OPEN_MAX / LOTS_PER_EARNING_MAX }, (_, n) =>
      earn(`s${n}`, Array.from({ length: LOTS_PER_EARNING_MAX }, () => ({ points: 1 }))));
    given(...full).when(receive('t', lots())).thenRefused({ code: 'limitReached', limit: 'lotsOpen', max: LOTS_OPEN_MAX });
    given(...full, redeem('r', 1)).when(receive('t', lots())).thenRecords('PointsReceived');
    expect(() => given().when(receive('t', []))).toThrow(RangeError);
  });
});

describe('TakeBackPoints', () => {
  const sent = () => given(earn('a', [{ points: 50, through: '2026-02-28' }]), send('t', 30));

  it('gives the points back to their lots, also in a frozen wallet, and pays what is owed since', () => {
    sent().when(takeBack('t')).thenRecords('PointsTakenBack').withEffect({ restored: 30 }).leaving({ available: 50 });
    sent().and(freeze('z')).when(takeBack('t')).leaving({ available: 50 });
    sent().and(giveBack('a', 'back', 50), charge('card', 7)).when(takeBack('t')).withEffect({ debtRepaid: 30, feeRecovered: 0 })
      .leaving({ available: 0, debt: 0, feeDue: 7 });
  });

  it('lets what lapsed on the way expire at once', () => {
    sent().when(takeBack('t'), '2026-03-01').thenRecords('PointsExpired', 'PointsTakenBack', 'PointsExpired').leaving({ available: 0 });
  });

  it('is done once, refused for a transfer that never left', () => {
    sent().and(takeBack('t')).when(takeBack('t')).thenAlreadyDone();
    sent().and(takeBack('t')).but({ seen: [] }).when(takeBack('t')).thenRefused({ code: 'transferNotFound', transferId: 't' });
    sent().when(takeBack('other')).thenRefused({ code: 'transferNotFound', transferId: 'other' });
    given(earn('a', 50), redeem('t', 30)).when(takeBack('t')).thenRefused({ code: 'transferNotFound', transferId: 't' });
  });
});

describe('MoveLotsOut and MoveLotsIn', () => {
  it('hard case 7: ids, expiry and pending dates stay, held lots go with their hold, and the hold is captured where it went', () => {
    const ana = given(
      earn('a', [{ points: 50, through: '2026-03-01' }, { points: 20, from: '2026-06-01' }]), hold('h', 10, LATER), freeze('z'),
    );
    const before = ana.history.balance();
    const contents = contentsOf(ana);
    expect(ana.history.balance()).toMatchObject({ available: 0, pending: 0, held: 0 });
    ana.when(capture('h')).thenRefused({ code: 'walletFrozen', mode: 'all' });
    ana.when(release('h')).thenRefused({ code: 'holdNotFound', holdId: 'h' });
    ana.when(closeWallet('k', 'bea')).thenRecords('WalletClosed');
    const bea = given().when(moveIn('m', contents)).thenRecords('WalletOpened', 'LotsMovedIn').withEffect({ received: 70 });
    bea.leaving(before);
    given(moveIn('m', contents)).when(capture('h', 4)).thenRecords('HoldCaptured').leaving({ available: 46, pending: 20, held: 0 });
    given(moveIn('m', contents)).when(expireLots('2026-03-02'), '2026-03-02').thenRecords('HoldReleased', 'PointsExpired')
      .leaving({ pending: 20, available: 0 });
  });

  it('returns and cancellations go on where the lots went', () => {
    const ana = given(earn('a', 50), redeem('r', 30));
    given(moveIn('m', contentsOf(ana))).when(giveBack('a', 'back', 50)).withEffect({ reversed: 50, debtIncurred: 30 })
      .leaving({ available: 0, debt: 30 });
    const spent = given(earn('a', 50), redeem('r', 50));
    given(moveIn('m', contentsOf(spent))).when(giveBack('a', 'back', 50)).withEffect({ debtIncurred: 50 });
    given(moveIn('m', contentsOf(given(earn('a', 50))))).when(earn('a', 50)).thenRefused({ code: 'sourceConflict', source: 'ticket/a' });
    given(earn('a', 50), redeem('r', 30), moveOut('m')).when(cancel('r', 'c')).leaving({ available: 30 });
  });

  it('debts and fees of both are netted', () => {
    const indebted = () => given(earn('a', 50), redeem('r', 50), giveBack('a', 'back', 50));
    given(earn('b', 80)).when(moveIn('m', contentsOf(indebted()))).withEffect({ debtRepaid: 50 }).leaving({ available: 30, debt: 0 });
    indebted().when(moveIn('m', contentsOf(given(earn('b', 20))))).withEffect({ debtRepaid: 20 }).leaving({ available: 0, debt: 30 });
    given(charge('card', 40), earn('b', 30)).when(moveIn('m', contentsOf(indebted()))).withEffect({ debtRepaid: 0 })
      .leaving({ available: 0, debt: 20, feeDue: 40 });
    indebted().when(moveIn('m', contentsOf(given(charge('card', 40), earn('b', 60))))).leaving({ available: 0, debt: 0, feeDue: 30 });
    given(charge('x', 5)).when(moveIn('m', contentsOf(given(charge('y', 6), earn('b', 6))))).leaving({ feeDue: 5, debt: 0 });
  });

  it('two lots of one id become one, or keep apart when their last days differ', () => {
    const shared = () => given(earn('a', 40));
    const joined = shared().and(moveIn('m', contentsOf(shared())));
    expect(joined.history.wallet.lots.map((lot) => [lot.remaining, lot.entitled])).toEqual([[80, 80]]);
    const apart = shared().and(moveIn('m', contentsOf(shared().and(extend('visit', '2028-01-01')))));
    expect(apart.history.wallet.lots.map((lot) => lot.remaining)).toEqual([40, 40]);
  });

  it('given a part of a lot was sent there before, then a return asks for what was granted, and not for the part twice', () => {
    const ana = given(earn('a', 50));
    const bea = given(receive('t', sentBy(ana, 't', 20)), moveIn('m', contentsOf(ana)));
    bea.when(giveBack('a', 'too much', 51)).thenRefused({ code: 'reversalExceedsEarning', lotId: lotOf('a'), left: 50, requested: 51 });
    bea.when(giveBack('a', 'back', 50)).withEffect({ reversed: 50, debtIncurred: 0 }).leaving({ available: 0, debt: 0 });
  });

  it('given they come home again, then it is as if they had never gone', () => {
    const ana = given(earn('a', 50), redeem('r', 20), hold('h', 5, LATER));
    const before = ana.history.balance();
    ana.and(moveIn('home', contentsOf(ana), 'ana'));
    expect(ana.history.balance()).toEqual(before);
    ana.when(giveBack('a', 'too much', 51))
      .thenRefused({ code: 'reversalExceedsEarning', lotId: lotOf('a'), left: 50, requested: 51 });
    ana.when(giveBack('a', 'back', 50)).withEffect({ reversed: 50, debtIncurred: 25 });
  });

  it('a hold whose id is used already is let go, and an id that came in cannot be used again', () => {
    const contents = contentsOf(given(earn('a', 50), hold('h', 10, LATER)));
    given(earn('b', 5), hold('h', 5, LATER)).when(moveIn('m', contents)).leaving({ available: 50, held: 5 });
    given(earn('b', 5), moveIn('m', contents)).when(hold('h', 3, LATER)).thenRefused({ code: 'sourceConflict', source: 'h' });
    given(earn('b', 5), moveIn('m', contents)).when(redeem('h', 3)).thenRefused({ code: 'sourceConflict', source: 'h' });
  });

  it('are done once, refused with other content, closed, frozen and past a limit', () => {
    const contents = contentsOf(given(earn('a', 50)));
    given(earn('a', 50), moveOut('m')).when(moveOut('m')).thenAlreadyDone();
    given(earn('a', 50), moveOut('m')).when(moveOut('m', 'zoe')).thenRefused({ code: 'sourceConflict', source: 'm' });
    given(closeWallet('k')).when(moveOut('m')).thenRefused({ code: 'walletClosed' });
    given(moveIn('m', contents)).when(moveIn('m', contents)).thenAlreadyDone();
    given(moveIn('m', contents)).when(moveIn('m', { ...contents, debt: 1 })).thenRefused({ code: 'sourceConflict', source: 'm' });
    given(closeWallet('k')).when(moveIn('m', contents)).thenRefused({ code: 'walletClosed' });
    given(freeze('z')).when(moveIn('m', contents)).thenRefused({ code: 'walletFrozen', mode: 'all' });
    const holds = Array.from({ length: HOLDS_OPEN_MAX }, (_, n) => hold(`h${n}`, 1, LATER));
    const held = contentsOf(given(earn('b', 5), hold('x', 1, LATER)));
    given(earn('s', 50), ...holds.slice(1)).when(moveIn('m', held)).thenRecords('LotsMovedIn');
    given(earn('s', 50), ...holds).when(moveIn('m', held)).thenRefused({ code: 'limitReached', limit: 'holdsOpen', max: HOLDS_OPEN_MAX });
    expect(() => given().when(moveIn('m', { ...contents, debt: -1 }))).toThrow(RangeError);
  });

  it('move what has points, and of what has none only the newest that fit into one event', () => {
    const sales = Array.from({ length: LOTS_MOVED_MAX / LOTS_PER_EARNING_MAX + 1 }, (_, n) => [
      earn(`s${n}`, Array.from({ length: LOTS_PER_EARNING_MAX }, () => ({ points: 1 }))), redeem(`r${n}`, LOTS_PER_EARNING_MAX),
    ]).flat();
    const { lots } = contentsOf(given(...sales, earn('last', 7)));
    expect(lots.length).toBe(LOTS_MOVED_MAX);
    expect(lots.at(-1)).toMatchObject({ lotId: lotOf('last'), points: 7 });
    expect(lots.some((lot) => lot.lotId === lotOf('s0'))).toBe(false);
  });
});
