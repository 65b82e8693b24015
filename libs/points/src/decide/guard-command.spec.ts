import { describe, expect, it } from '@jest/globals';
import type { PointsCommand, WalletContents } from '../commands.ts';
import {
  adjust, charge, closeWallet, extend, forfeit, freeze, moveIn, moveOut, receive, send, takeBack, unfreeze, waive,
} from '../testing/care-commands.ts';
import { activateLots, cancel, capture, earn, expireLots, giveBack, hold, lot, redeem, ticket } from '../testing/commands.ts';
import { CAUSATION_CHARACTERS_MAX } from '../limits.ts';
import { guardCommand } from './guard-command.ts';

const LATER = '2026-02-10T12:15:00Z';
const noSource = { kind: 'ticket', key: '' };
const noKind = { kind: '', key: 'k' };
const lotOfA = lot(ticket('a'), 0, { points: 5 });
const badDate = { ...lotOfA, availableFrom: -1 };
const contents: WalletContents = {
  lots: [{ ...lotOfA, held: 2, source: '0123456789abcdef', granted: 7, entitled: 7, expired: 0, forgiven: 0 }],
  holds: [{ holdId: 'h', expiresAt: 5, allocations: [{ lotId: lotOfA.lotId, points: 2 }] }], debt: 1, feeDue: 2, feePaid: 0,
};
const [moved] = contents.lots;
const withLot = (change: object) => moveIn('m', { ...contents, lots: moved === undefined ? [] : [{ ...moved, ...change }] });
const withHold = (change: object) => moveIn('m', { ...contents, holds: contents.holds.map((one) => ({ ...one, ...change })) });

/** Each command with one thing wrong in it: what the guard lets through, the rules take for granted. */
const WRONG: readonly (readonly [string, PointsCommand])[] = [
  ['cause of one character too many', { ...redeem('r', 1), causationId: 'c'.repeat(CAUSATION_CHARACTERS_MAX + 1) }],
  ['capture of half a point', capture('h', 0.5)], ['capture without a hold', capture('', 1)],
  ['cancellation of half a point', cancel('r', 'c', 0.5)], ['cancellation of nothing named', cancel('', 'c')],
  ['hold without an id', hold('', 1, LATER)], ['hold until no instant', { ...hold('h', 1, LATER), expiresAt: 0.5 }],
  ['redemption without an id', redeem('', 1)],
  ['award of no points', { ...earn('a', 1), lots: [{ ...lotOfA, points: 0 }] }], ['award without a source', { ...earn('a', 1), source: noSource }],
  ['award that begins before time', { ...earn('a', 1), lots: [badDate] }],
  ['award that ends at no instant', { ...earn('a', 1), lots: [{ ...lotOfA, expiresAt: Number.NaN }] }],
  ['return without a source', { ...giveBack('a', 'b', 1), source: noKind }],
  ['return without a correction', { ...giveBack('a', 'b', 1), correction: noSource }],
  ['return of a lot twice', { ...giveBack('a', 'b', 1), lots: [lotOfA, lotOfA] }],
  ['return of half a point', { ...giveBack('a', 'b', 1), lots: [{ lotId: lotOfA.lotId, points: 0.5 }] }],
  ['expiry as of no instant', { ...expireLots(LATER), asOf: Number.NaN }], ['activation as of no instant', { ...activateLots(LATER), asOf: -1 }],
  ['adjustment without a source', { ...adjust('a', 1), source: noSource }], ['adjustment without a reason', adjust('a', 1, {}, '')],
  ['adjustment by nobody', { ...adjust('a', 1), by: '' }], ['gift that begins before time', { ...adjust('a', 1), lot: badDate }],
  ['fee without a source', { ...charge('f', 1), source: noSource }], ['fee of nothing', charge('f', 0)],
  ['waiver without a source', { ...waive('w', 1), source: noKind }], ['waiver of half a point', waive('w', 0.5)],
  ['extension without a source', { ...extend('x'), source: noSource }], ['extension to no instant', { ...extend('x'), expiresAt: -1 }],
  ['freeze without an id', freeze('')], ['lifting without an id', unfreeze('')], ['forfeiture without an id', forfeit('')],
  ['transfer without an id', send('', 1)], ['transfer to nobody', send('t', 1, '')], ['transfer of nothing', send('t', 0)],
  ['arrival without an id', receive('', [lotOfA])], ['arrival of nothing', receive('t', [])], ['arrival of no points', receive('t', [{ ...lotOfA, points: 0 }])],
  ['taking back without an id', takeBack('')], ['moving out without an id', moveOut('')], ['closing without an id', closeWallet('')],
  ['moving in without an id', moveIn('', contents)], ['moving in a lot twice', moveIn('m', { ...contents, lots: [...contents.lots, ...contents.lots] })],
  ['moving in a lot that begins before time', withLot({ availableFrom: -1 })],
  ...['points', 'held', 'granted', 'entitled', 'expired', 'forgiven'].flatMap((figure) => [
    [`moving in a lot with less than none ${figure}`, withLot({ [figure]: -1 })] as const,
    [`moving in a lot with a part of ${figure}`, withLot({ [figure]: 0.5 })] as const,
  ]),
  ...['debt', 'feeDue', 'feePaid'].map((figure) => [`moving in half a ${figure}`, moveIn('m', { ...contents, [figure]: 0.5 })] as const),
  ['moving in a hold without an id', withHold({ holdId: '' })], ['moving in a hold until no instant', withHold({ expiresAt: -1 })],
];

/** The same with nothing wrong: so it was the one thing. */
const RIGHT: readonly PointsCommand[] = [
  capture('h', 1), capture('h'), cancel('r', 'c', 1), cancel('r', 'c'), hold('h', 1, LATER), redeem('r', 1), earn('a', 1), earn('a', []),
  earn('a', [{ points: 1, through: null }]), giveBack('a', 'b', 1), expireLots(LATER), activateLots(0), adjust('a', 1), adjust('a', -1),
  charge('f', 1), waive('w', 1), waive('w'), extend('x'), freeze('z'), unfreeze('z'), forfeit('f'), send('t', 1), receive('t', [lotOfA]),
  takeBack('t'), moveOut('m'), moveIn('m', contents), withLot({ points: 0, held: 0 }), closeWallet('k'),
];

describe('the guard', () => {
  it.each(WRONG)('%s: throws, because it is a fault of the program', (_, command) => {
    expect(() => { guardCommand(command); }).toThrow(RangeError);
  });

  it('lets everything else through', () => {
    for (const command of RIGHT) expect(() => { guardCommand(command); }).not.toThrow();
  });

  it('wants an instant and a name of every command', () => {
    for (const command of RIGHT) {
      expect(() => { guardCommand({ ...command, occurredAt: -1 }); }).toThrow('occurredAt must be whole milliseconds');
    }
  });
});
