import type { PointsCommand, WalletContents } from '../commands.ts';
import { adjust, charge, closeWallet, extend, forfeit, freeze, moveIn, moveOut, receive, send, takeBack, unfreeze,
  waive } from '../testing/care-commands.ts';
import { cancel, capture, earn, giveBack, hold, lot, redeem, release, ticket, type When } from '../testing/commands.ts';

/** A wallet that another member had, as `MoveLotsOut` would hand it on. */
const CONTENTS: WalletContents = {
  lots: [
    { ...lot(ticket('theirs'), 0, { points: 30 }), held: 10, source: '1111222233334444', granted: 90, entitled: 80, expired: 5,
      forgiven: 2 },
    { ...lot(ticket('spent'), 0, { points: 1, through: null }), points: 0, held: 0, source: '5555666677778888', granted: 9, entitled: 9,
      expired: 0, forgiven: 0 },
  ],
  holds: [{
    holdId: 'web', expiresAt: Date.parse('2026-01-20T10:00:00Z'),
    allocations: [{ lotId: lot(ticket('theirs'), 0, { points: 1 }).lotId, points: 10 }],
  }],
  debt: 45, feeDue: 3, feePaid: 0,
};

/** Histories of those who look after wallets, and of points that go to another one: every event type of them and every optional part. */
export const CARE_HISTORIES: Readonly<Record<string, readonly (readonly [When, PointsCommand])[]>> = {
  'a card fee, paid, made due again, waived and given way to debt': [
    ['2026-01-10T10:00:00Z', charge('card', 50)],
    ['2026-01-11T10:00:00Z', earn('first', 30)],
    ['2026-01-12T10:00:00Z', earn('second', 60)],
    ['2026-01-12T11:00:00Z', earn('later', [{ points: 12, from: '2026-01-20' }])],
    ['2026-01-13T10:00:00Z', redeem('r', 40)],
    ['2026-01-14T10:00:00Z', giveBack('first', 'back', 30)],
    ['2026-01-16T10:00:00Z', giveBack('second', 'all back', 60)],
    ['2026-01-21T10:00:00Z', waive('kind', 5)],
    ['2026-01-22T10:00:00Z', cancel('r', 'c', 30)],
    ['2026-01-23T10:00:00Z', waive('rest')],
    ['2026-01-24T10:00:00Z', charge('another', 7)],
    ['2026-01-25T10:00:00Z', cancel('r', 'd')],
  ],
  'holds that come back pay the fee': [
    ['2026-01-10T10:00:00Z', earn('a', 100)],
    ['2026-01-10T10:01:00Z', hold('captured', 50, '2026-01-10T10:10:00Z')],
    ['2026-01-10T10:02:00Z', hold('let go', 50, '2026-01-10T10:10:00Z')],
    ['2026-01-10T10:03:00Z', charge('card', 70)],
    ['2026-01-10T10:04:00Z', capture('captured', 20)],
    ['2026-01-10T10:05:00Z', release('let go')],
  ],
  'corrections, longer validity, freezes and forfeiture': [
    ['2026-01-10T10:00:00Z', { ...adjust('gift', 40, { through: '2026-02-01' }), approvedBy: 'operator-8', note: 'Lost parcel' }],
    ['2026-01-11T10:00:00Z', extend('visit')],
    ['2026-01-12T10:00:00Z', adjust('fix', -15, {}, 'mistake')],
    ['2026-01-13T10:00:00Z', freeze('fraud', 'spending')],
    ['2026-01-14T10:00:00Z', freeze('review')],
    ['2026-01-15T10:00:00Z', unfreeze('review')],
    ['2026-01-16T10:00:00Z', earn('sale', [{ points: 9, from: '2026-03-01' }])],
    ['2026-01-17T10:00:00Z', forfeit('f', 'fraud')],
    ['2026-01-18T10:00:00Z', charge('card', 5)],
    ['2026-01-19T10:00:00Z', adjust('pays', 3)],
    ['2026-01-20T10:00:00Z', forfeit('g', 'erasure')],
    ['2026-01-21T10:00:00Z', closeWallet('k')],
  ],
  'transfers that leave, come back and arrive': [
    ['2026-01-10T10:00:00Z', earn('a', [{ points: 50, through: '2026-03-01' }, { points: 40, through: null }])],
    ['2026-01-11T10:00:00Z', send('t', 60)],
    ['2026-01-12T10:00:00Z', giveBack('a', 'back', 50)],
    ['2026-01-13T10:00:00Z', takeBack('t')],
    ['2026-01-14T10:00:00Z', send('kept', 20)],
    ['2026-01-15T10:00:00Z', receive('u', [
      lot(ticket('theirs'), 0, { points: 11 }), lot(ticket('a'), 1, { points: 5, through: null }),
    ], 'bea')],
  ],
  'a wallet that was merged into another': [
    ['2026-01-10T10:00:00Z', earn('a', [{ points: 50, through: '2026-03-01' }, { points: 40, from: '2026-06-01', through: null }])],
    ['2026-01-11T10:00:00Z', charge('card', 8)],
    ['2026-01-12T10:00:00Z', hold('h', 12, '2026-01-12T11:00:00Z')],
    ['2026-01-12T10:01:00Z', freeze('merge')],
    ['2026-01-12T10:02:00Z', moveOut('m')],
    ['2026-01-12T10:03:00Z', closeWallet('k', 'bea')],
  ],
  'a wallet that took in another': [
    ['2026-01-10T10:00:00Z', charge('card', 10)],
    ['2026-01-11T10:00:00Z', earn('a', 12)],
    ['2026-01-12T10:00:00Z', moveIn('m', CONTENTS)],
    ['2026-01-13T10:00:00Z', capture('web', 4)],
  ],
};
