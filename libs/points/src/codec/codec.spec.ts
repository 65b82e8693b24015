import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { evolve } from '../wallet/evolve.ts';
import { emptyWallet } from '../wallet/state.ts';
import { cancel, earn, giveBack, hold, redeem, t } from '../testing/commands.ts';
import { given } from '../testing/given.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { dayNumber, dayText } from './day.ts';
import { decodeEvent, encodeEvent } from './event-codec.ts';
import { decodeWallet, encodeWallet, WALLET_SNAPSHOT_VERSION } from './wallet-codec.ts';

describe('stored events', () => {
  it('are compact: a usual award is at most 140 bytes beside its explanation', () => {
    const award = given(earn('12~3~2026-02-10~184', [{ points: 100, from: '2026-02-10T12:00:00Z' }])).history.events.at(-1);
    const { data } = encodeEvent(award ?? failing());
    const explanation = award?.type === 'PointsEarned' ? JSON.stringify(award.explanation).length : 0;
    expect(data.length - explanation).toBeLessThanOrEqual(140);
    expect(data).toBe('[1770724800000,"ticket","12~3~2026-02-10~184","fa332271654a353c",[[100,0,43675200000,20999]],'
      + '"[{\\"kind\\":\\"perAmount\\",\\"rule\\":\\"base\\",\\"granted\\":\\"12~3~2026-02-10~184\\"}]"]');
  });

  it.each([
    ['of a type this version does not know', { type: 'PointsTeleported', schemaVersion: 1, data: '[0]', recordedAt: 0 }],
    ['of a version this build does not know', { type: 'WalletOpened', schemaVersion: 2, data: '[0]', recordedAt: 0 }],
    ['whose data is damaged', { type: 'PointsRedeemed', schemaVersion: 1, data: '[0,"r",["0123456789abcdef",1.5]]', recordedAt: 0 }],
    ['whose data is no array', { type: 'WalletOpened', schemaVersion: 1, data: '{}', recordedAt: 0 }],
    ['with a lot id that is none', { type: 'PointsExpired', schemaVersion: 1, data: '[0,"lot",1,2,0]', recordedAt: 0 }],
  ])('%s: throw, they are never read past', (_, stored) => {
    expect(() => decodeEvent(stored)).toThrow();
  });

  it('that fold does not know throw in evolve too, and so do those that take more than there is', () => {
    expect(() => evolve(emptyWallet(), { type: 'PointsTeleported', occurredAt: 0, recordedAt: 0 } as never)).toThrow('cannot fold');
    const { wallet } = given(earn('s', 5)).history;
    const [lot] = wallet.lots;
    const allocations = [{ lotId: lot?.lotId ?? '', points: 6 }];
    expect(() => evolve(wallet, { type: 'PointsRedeemed', occurredAt: 0, recordedAt: 0, redemptionId: 'r', allocations }))
      .toThrow('has 5 points, not 6');
    expect(() => evolve(emptyWallet(), { type: 'PointsActivated', occurredAt: 0, recordedAt: 0, lotId: 'lot_x',
      debtRepaid: [], feeRecovered: [] })).toThrow('no lot');
  });
});

describe('snapshots', () => {
  it('are compact: about 30 bytes an award', () => {
    const awards = Array.from({ length: 50 }, (_, n) => earn(`12~3~2026-02-10~${n}`, [{ points: 20 + n,
      from: t('2026-02-10') + n * 3_600_000 }]));
    expect(encodeWallet(given(...awards).history.wallet).bytes.length).toBeLessThan(50 * 32);
  });

  it('of another version say nothing, and damaged ones throw', () => {
    const snapshot = encodeWallet(given(earn('s', 5), redeem('r', 3), hold('h', 1, '2026-02-10T12:10:00Z'), cancel('r', 'c',
      1), giveBack('s', 'b', 1)).history.wallet);
    expect(decodeWallet({ ...snapshot, schemaVersion: WALLET_SNAPSHOT_VERSION + 1 })).toBeUndefined();
    for (let length = 0; length < snapshot.bytes.length; length += 1) {
      expect(() => decodeWallet({ ...snapshot, bytes: snapshot.bytes.slice(0, length) })).toThrow();
    }
    expect(() => decodeWallet({ ...snapshot, bytes: Uint8Array.of(...snapshot.bytes, 0) })).toThrow('left over');
  });

  it('keep closed and frozen, and lots that came from elsewhere with ids of their own', () => {
    const { wallet } = given(earn('s', [{ points: 5 }, { points: 6, through: null }])).history;
    const lots = wallet.lots.map((lot, n) => ({ ...lot, lotId: `lot_${n}123456789abcdef`, source: `${n}edcba9876543210` }));
    for (const frozen of [null, 'spending', 'all'] as const) {
      const strange = { ...wallet, lots, closed: true, frozen, debt: 3, feeDue: 4, period: 2 };
      expect(decodeWallet(encodeWallet(strange))).toEqual(strange);
    }
  });
});

describe('bytes', () => {
  it('bring back every integer, fingerprint and text', () => {
    const values = fc.record({ a: fc.nat({ max: Number.MAX_SAFE_INTEGER }), b: fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
      c: fc.string({ unit: 'grapheme' }), d: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
      .map((bits) => bits.toString(16).padStart(16, '0')) });
    fc.assert(fc.property(values, ({ a, b, c, d }) => {
      const out = new ByteWriter();
      out.unsigned(a);
      out.signed(b);
      out.text(c);
      out.hex(d);
      const from = new ByteReader(out.finish());
      expect([from.unsigned(), from.signed(), from.text(), from.hex(16)]).toEqual([a, b, c, d]);
      expect(() => { from.end(); }).not.toThrow();
    }));
  });
});

describe('days', () => {
  it('survive as numbers, and days the calendar does not have throw', () => {
    expect(dayText(dayNumber('2028-02-29'))).toBe('2028-02-29');
    for (const wrong of ['2027-02-29', '2026-2-1', '2026-02-10T00:00', '']) expect(() => dayNumber(wrong)).toThrow(RangeError);
  });
});

function failing(): never {
  throw new Error('no event');
}
