import { describe, expect, it } from '@jest/globals';
import { lotIdOf } from './identity.ts';
import { parseWalletStream, walletPrefix, walletStream } from './wallet-id.ts';

const wallet = { tenant: 'main', programme: 'club', pointType: 'points', member: 'mbr_0190' };

describe('wallet streams', () => {
  it('are named after wallet and period, and say so back', () => {
    expect(walletStream(wallet)).toBe('wallet-main~club~points~mbr_0190~1');
    expect(parseWalletStream(walletStream(wallet, 12))).toEqual({ wallet, period: 12 });
    expect(walletStream(wallet).startsWith(walletPrefix('main'))).toBe(true);
    expect(walletStream({ ...wallet, tenant: 'main2' }).startsWith(walletPrefix('main'))).toBe(false);
  });

  it.each(['wallet-main~club~points~mbr', 'wallet-main~club~points~mbr~0', 'ticket-main~club~points~mbr~1',
    'wallet-a~b~c~d~1~1'])('%s is none', (stream) => {
    expect(parseWalletStream(stream)).toBeUndefined();
  });

  it('refuse other characters, other periods and long names', () => {
    expect(() => walletStream({ ...wallet, member: 'a~b' })).toThrow(RangeError);
    expect(() => walletStream({ ...wallet, tenant: '' })).toThrow(RangeError);
    expect(() => walletStream(wallet, 0)).toThrow(RangeError);
    const room = 200 - walletStream({ ...wallet, member: '' + 'm' }).length + 1;
    expect(walletStream({ ...wallet, member: 'm'.repeat(room) }).length).toBe(200);
    expect(() => walletStream({ ...wallet, member: 'm'.repeat(room + 1) })).toThrow(RangeError);
  });
});

describe('lot ids', () => {
  it('follow from source and ordinal', () => {
    const source = { kind: 'ticket', key: '12~3~2026-02-10~184' };
    expect(lotIdOf(source, 0)).toMatch(/^lot_[0-9a-f]{16}$/);
    expect(new Set([lotIdOf(source, 0), lotIdOf(source, 1), lotIdOf({ ...source, kind: 'event' }, 0)]).size).toBe(3);
    expect(lotIdOf(source, 1)).toBe(lotIdOf(source, 1));
  });
});
