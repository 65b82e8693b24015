import { describe, expect, it } from '@jest/globals';
import { unaccountedPoints, violationsOf } from './invariants.ts';
import { emptyWallet } from './wallet/state.ts';

describe('points that nothing accounts for', () => {
  const wallet = emptyWallet();

  it.each([
    ['issued and not there', { issued: 5 }, -5], ['spent and never issued', { spent: 3 }, 3], ['issued and spent', { issued: 4, spent: 4 }, 0],
  ])('given points %s, then their number and sign are told, and the wallet is wrong exactly when there are some', (_name, totals, points) => {
    const held = { ...wallet, totals: { ...wallet.totals, ...totals } };
    expect(unaccountedPoints(held)).toBe(points);
    expect(violationsOf(held)).toHaveLength(points === 0 ? 0 : 1);
  });
});
