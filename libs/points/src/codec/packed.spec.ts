import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { evolve } from '../wallet/evolve.ts';
import { earliestHoldDue, earliestLotDue, hasLot, openLots, seenBy } from '../wallet/facts.ts';
import { emptyWallet, type Wallet } from '../wallet/state.ts';
import { lotIdAt } from '../identity.ts';
import { earn } from '../testing/commands.ts';
import { given } from '../testing/given.ts';
import { happening, live } from '../testing/histories.ts';
import { balanceAt } from '../wallet/balance.ts';
import { decodeLater, decodeWallet, encodeWallet, uponSnapshot } from './wallet-codec.ts';

const packed = (wallet: Wallet): Wallet => decodeLater(encodeWallet(wallet)) ?? emptyWallet();
const histories = fc.array(happening.filter(({ kind }) => kind !== 'receive' && kind !== 'moveIn'), { minLength: 1, maxLength: 40 });

const factsOf = ({ lots, seen, spendings }: Wallet) =>
  [openLots(lots), earliestLotDue(lots), earliestHoldDue(spendings), lots.length, seen.length];

describe('a wallet whose lists are still packed', () => {
  it('becomes the very same bytes as one folded from zero, wherever its snapshot was taken', () => {
    fc.assert(fc.property(histories, fc.nat(), (all, cut) => {
      const { events, wallet } = live(all);
      const at = cut % (events.length + 1);
      const onTop = events.slice(at).reduce(evolve, packed(events.slice(0, at).reduce(evolve, emptyWallet())));
      expect(encodeWallet(onTop)).toEqual(encodeWallet(wallet));
      expect(decodeWallet(encodeWallet(onTop))).toEqual(wallet);
    }), { numRuns: 300 });
  });

  it('goes on upon the bytes it was written as, again and again, looked into or not, and is never another wallet', () => {
    const steps = fc.array(fc.record({ written: fc.boolean(), looked: fc.boolean() }), { minLength: 1, maxLength: 20 });
    fc.assert(fc.property(histories, steps, (all, turns) => {
      const { events } = live(all);
      let [wallet, plain] = [emptyWallet(), emptyWallet()];
      const before: [Wallet, Wallet][] = [];
      for (const [place, event] of events.entries()) {
        [wallet, plain] = [evolve(wallet, event), evolve(plain, event)];
        const { written, looked } = turns[place % turns.length] ?? { written: false, looked: false };
        if (written) wallet = uponSnapshot(wallet, encodeWallet(wallet));
        if (looked) expect(balanceAt(wallet, wallet.recordedAt)).toEqual(balanceAt(plain, plain.recordedAt));
        before.push([wallet, plain]);
      }
      // Longer lists share memory with those they grew from: each of these must still be what it was, and may grow another way.
      const last = events.at(-1);
      const fitsAll = last?.type === 'PointsEarned' && last.debtRepaid.length + last.feeRecovered.length === 0;
      for (const [one, same] of before) {
        expect(encodeWallet(one)).toEqual(encodeWallet(same));
        expect(one.lots.slice()).toEqual(same.lots.slice());
        if (fitsAll) expect(encodeWallet(evolve(one, last))).toEqual(encodeWallet(evolve(same, last)));
      }
    }), { numRuns: 200 });
  });

  it('knows the same facts, packed, with something added, and as data', () => {
    fc.assert(fc.property(histories, fc.nat({ max: 8 }), (all, more) => {
      const { events, wallet } = live(all);
      const cut = Math.max(0, events.length - more);
      const onTop = events.slice(cut).reduce(evolve, packed(events.slice(0, cut).reduce(evolve, emptyWallet())));
      for (const same of [packed(wallet), onTop]) {
        expect(factsOf(same)).toEqual(factsOf(wallet));
        for (const lot of wallet.lots) expect(hasLot(same.lots, lot.lotId)).toBe(true);
        for (const effect of wallet.seen) expect(seenBy(same.seen, effect.fingerprint)).toEqual(effect);
        const first = wallet.seen.find(() => true);
        if (first !== undefined) expect(seenBy(same.seen, first.fingerprint, new Set([first.revision]))).toBeUndefined();
      }
    }), { numRuns: 200 });
  });

  it('has no lot of another source, also where ids are near to each other', () => {
    const { wallet } = given(...Array.from({ length: 40 }, (_, n) => earn(`s${n}`, [{ points: 1 }, { points: 2 }]))).history;
    const { lots } = packed(wallet);
    for (const { lotId } of wallet.lots) {
      const near = [1, 2, 198, 199, 200, 255, 256].map((step) => lotIdAt(lotId.slice(4), step));
      for (const id of near) expect(hasLot(lots, id)).toBe(wallet.lots.some((lot) => lot.lotId === id));
    }
  });
});
