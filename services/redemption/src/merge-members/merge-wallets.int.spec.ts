import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PointsLedger } from '@trebol/points';
import { eventually } from '@trebol/testing';
import fc from 'fast-check';
import { type Rig, openRig } from '../../test/rig.ts';
import { settingsOf } from '../settings.ts';
import { MergeWallets } from './merge-wallets.ts';

let rig: Rig;
let keys = 0;
beforeAll(async () => { rig = await openRig(); });
afterAll(async () => rig?.close());

const key = (): string => `key-${++keys}`;
const merge = async (from: string, into: string): Promise<unknown> =>
  rig.tell(from, { status: 'merged', change: 'merged', version: 2, mergedInto: into, identifiers: [] });
const rowOf = async (from: string): Promise<{ state: string; refused: string | null; round: number }> =>
  (await rig.dataSource.query('SELECT state, refused, round FROM redemption.merge WHERE from_id = $1', [from]))[0];
/** A process that ends at its n-th command. */
const dying = (at: number, when: 'before' | 'after'): MergeWallets => {
  let left = at;
  const ledger: PointsLedger = {
    ...rig.ledger,
    handle: async (wallet, command) => {
      left -= 1;
      if (left === -1 && when === 'before') throw new Error('the process ended');
      const outcome = await rig.ledger.handle(wallet, command);
      if (left === -1) throw new Error('the process ended');
      return outcome;
    },
  };
  return new MergeWallets(settingsOf({ clock: rig.clock, dataSource: rig.dataSource, ledger, identifierKey: Buffer.alloc(32) }), rig.dataSource, ledger);
};

describe('merging wallets', () => {
  it('given a merged member, told twice, when it is swept twice, then everything is in the other wallet once, with its days and its hold', async () => {
    const [ana, bea] = [await rig.member(100), await rig.member(7)];
    const { holdId } = (await rig.call('POST', '/v1/holds', { body: { memberId: ana, points: 30 }, key: key() })).body;
    const { lots: before } = await rig.ledger.wallet(rig.wallet(ana));
    await merge(ana, bea);
    await merge(ana, bea);
    await Promise.all([rig.merges.runOnce(), dying(99, 'before').runOnce()]);
    expect(await rig.merges.runOnce()).toBe(0);
    expect(await rowOf(ana)).toEqual({ state: 'done', refused: null, round: 1 });
    expect(await rig.balance(bea)).toMatchObject({ available: 77, held: 30 });
    expect((await rig.ledger.wallet(rig.wallet(bea))).lots).toEqual(expect.arrayContaining(
      before.map(({ lotId, validThrough }) => expect.objectContaining({ lotId, validThrough }))));
    const gone = await rig.folded(ana);
    expect(gone).toMatchObject({ closed: true, movedTo: bea });
    expect(gone.totals.sent).toBe((await rig.folded(bea)).totals.received);
    // Each of its events says which message it came of; the till's own commands say nothing of the kind.
    const [message] = (await rig.dataSource.query('SELECT cause FROM redemption.merge WHERE from_id = $1', [ana])) as { cause: string }[];
    expect(message?.cause).toMatch(/^[0-9a-f-]{36}$/);
    expect([(await rig.causes(ana)).slice(-3), (await rig.causes(bea)).at(-1)]).toEqual([Array(3).fill(message?.cause), message?.cause]);
    expect((await rig.causes(ana)).slice(0, -3).every((cause) => cause === undefined)).toBe(true);
    // The till that placed the hold captures it without knowing of the merge.
    expect(await rig.call('POST', `/v1/holds/${holdId}/capture`, { body: {}, key: key() }))
      .toMatchObject({ status: 200, body: { memberId: bea, captured: 30, balance: { available: 77, held: 0 } } });
    expect((await rig.call('POST', '/v1/redemptions', { body: { memberId: ana, points: 1 }, key: key() })).body)
      .toMatchObject({ code: 'memberBlocked', memberStatus: 'merged' });
  });

  it('given a process that ends at any step, when another goes on, then nothing is lost or doubled', async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(3), fc.constantFrom('before' as const, 'after' as const)), { maxLength: 3 }), fc.nat(100), fc.nat(100),
      async (crashes, one, other) => {
        const [ana, bea] = [await rig.member(one), await rig.member(other)];
        await merge(ana, bea);
        for (const [at, when] of crashes) {
          await dying(at, when).runOnce();
          rig.clock.advance(10 * 60_000);
        }
        await rig.merges.runOnce();
        expect((await rowOf(ana)).state).toBe('done');
        expect(await rig.balance(bea)).toMatchObject({ available: one + other, held: 0, debt: 0 });
        expect(await rig.folded(ana)).toMatchObject({ closed: true, movedTo: bea });
        expect((await rig.folded(ana)).totals.sent).toBe((await rig.folded(bea)).totals.received);
      }), { numRuns: 30 });
  }, 60_000);

  it('given a process that is told of a merge, then it is woken, and sends back what was on its way to the merged member', async () => {
    const [ana, bea, cal] = [await rig.member(100), await rig.member(7), await rig.member(50)];
    await rig.call('POST', '/v1/transfers', { body: { from: cal, to: ana, points: 20 }, key: key() });
    await rig.tell(ana, { status: 'merged', change: 'merged', version: 2, mergedInto: bea, identifiers: [] }, 'awake');
    await eventually(async () => (await rowOf(ana)).state === 'done', 'the merge');
    await eventually(async () => (await rig.balance(cal)).available === 50, 'the return');
    expect((await rig.balance(bea)).available).toBe(107);
  });

  it('given the other wallet frozen, then it is told why and tried again later', async () => {
    const [ana, bea] = [await rig.member(100), await rig.member(7)];
    const frozen = await rig.call('POST', `/v1/wallets/${bea}/freeze`, { body: { mode: 'all', reason: 'fraud' }, key: key() });
    await merge(ana, bea);
    await rig.merges.runOnce();
    expect(await rowOf(ana)).toMatchObject({ state: 'movedOut', refused: 'walletFrozen' });
    await rig.call('POST', `/v1/wallets/${bea}/unfreeze`, { body: { freezeId: frozen.body.freezeId }, key: key() });
    expect(await rig.merges.runOnce()).toBe(0);
    rig.clock.advance(10 * 60_000);
    await rig.merges.runOnce();
    expect(await rowOf(ana)).toMatchObject({ state: 'done', refused: null });
    expect((await rig.balance(bea)).available).toBe(107);
  });

  it('given transfers of both kinds under way, then what was to come goes back, and what was sent comes home to the other wallet', async () => {
    const [ana, bea, cal] = [await rig.member(100), await rig.member(), await rig.member(50)];
    const send = async (from: string, to: string, points: number): Promise<string> =>
      (await rig.call('POST', '/v1/transfers', { body: { from, to, points }, key: key() })).body.transferId;
    const [home, back, away] = [await send(ana, cal, 60), await send(cal, ana, 20), await send(ana, bea, 10)];
    await merge(ana, bea);
    await rig.transfers.runOnce();
    expect((await rig.balance(cal)).available).toBe(50);
    await rig.merges.runOnce();
    expect((await rig.balance(bea)).available).toBe(30);
    expect((await rig.call('POST', `/v1/transfers/${home}/return`, { body: {}, key: key() })).body).toMatchObject({ status: 'returned' });
    expect((await rig.call('POST', `/v1/transfers/${away}/accept`, { body: {}, key: key() })).body).toMatchObject({ status: 'accepted' });
    expect((await rig.call('POST', `/v1/transfers/${back}/accept`, { body: {}, key: key() })).body)
      .toMatchObject({ code: 'transferClosed', reason: 'recipientClosed' });
    expect((await rig.balance(bea)).available).toBe(100);
    const [from, into, third] = [await rig.folded(ana), await rig.folded(bea), await rig.folded(cal)];
    const sum = (what: 'sent' | 'received' | 'takenBack'): number => [from, into, third].reduce((all, { totals }) => all + totals[what], 0);
    expect(sum('sent') - sum('received') - sum('takenBack')).toBe(0);
  });

  it('given a transfer that comes back between moving out and closing, then it moves as well', async () => {
    const [ana, bea, cal] = [await rig.member(100), await rig.member(), await rig.member()];
    const { transferId } = (await rig.call('POST', '/v1/transfers', { body: { from: ana, to: cal, points: 60 }, key: key() })).body;
    await merge(ana, bea);
    await dying(3, 'before').runOnce();
    expect((await rowOf(ana)).state).toBe('movedIn');
    await rig.call('POST', `/v1/transfers/${transferId}/return`, { body: {}, key: key() });
    rig.clock.advance(10 * 60_000);
    await rig.merges.runOnce();
    expect(await rowOf(ana)).toEqual({ state: 'done', refused: null, round: 2 });
    expect((await rig.balance(bea)).available).toBe(100);
    await rig.folded(bea);
  });

  it('given a hold that falls due while its wallet moves, then it is let go where it arrives', async () => {
    const [ana, bea] = [await rig.member(100), await rig.member()];
    const { holdId } = (await rig.call('POST', '/v1/holds', { body: { memberId: ana, points: 30, minutes: 1 }, key: key() })).body;
    await merge(ana, bea);
    await dying(2, 'before').runOnce();
    rig.clock.advance(10 * 60_000);
    expect(await rig.holds.runOnce()).toBe(0);
    await rig.merges.runOnce();
    expect(await rig.holds.runOnce()).toBe(1);
    expect(await rig.balance(bea)).toMatchObject({ available: 100, held: 0 });
    expect(await rig.dataSource.query('SELECT state, member_id FROM redemption.hold WHERE hold_id = $1', [holdId]))
      .toEqual([{ state: 'lapsed', member_id: bea }]);
  });

  it('given redemptions before the merge, when they are cancelled after it, each twice, then the points come back to the other wallet, no more than were spent', async () => {
    const [ana, bea] = [await rig.member(100), await rig.member(7)];
    const before = (await rig.balance(ana)).expiring[0]?.validThrough;
    const { redemptionId } = (await rig.call('POST', '/v1/redemptions', { body: { memberId: ana, points: 60 }, key: key() })).body;
    const { holdId } = (await rig.call('POST', '/v1/holds', { body: { memberId: ana, points: 30 }, key: key() })).body;
    await rig.call('POST', `/v1/holds/${holdId}/capture`, { body: { points: 25 }, key: key() });
    const cancel = (id: unknown, body: object, name = key()) => rig.call('POST', `/v1/redemptions/${String(id)}/cancel`, { body, key: name });
    await cancel(redemptionId, { points: 10 });
    await merge(ana, bea);
    await rig.merges.runOnce();
    expect(await rig.balance(bea)).toMatchObject({ available: 32 });
    const once = key();
    for (const replayed of [undefined, 'true']) {
      expect(await cancel(redemptionId, { points: 20 }, once)).toMatchObject({ status: 200, replayed, body: { memberId: bea, restored: 20, balance: { available: 52 } } });
    }
    expect(await cancel(redemptionId, { points: 31 })).toMatchObject({ status: 422, body: { code: 'cancelExceedsRedemption', cancellable: 30, requested: 31 } });
    expect(await cancel(redemptionId, {})).toMatchObject({ status: 200, body: { memberId: bea, restored: 30 } });
    expect((await cancel(redemptionId, {})).body).toMatchObject({ code: 'cancelExceedsRedemption', cancellable: 0 });
    const both = await Promise.all([cancel(holdId, { points: 20 }), cancel(holdId, { points: 20 })]);
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 422]));
    expect(await rig.balance(bea)).toMatchObject({ available: 102, debt: 0 });
    expect((await rig.balance(bea)).expiring).toEqual([{ validThrough: before, points: 102 }]);
    await rig.folded(bea);
  });

  it('given a process that ends while it cancels, before the merge or after it, then the same request finds out and nothing comes back twice', async () => {
    for (const when of ['before', 'after'] as const) {
      for (const at of [0, 1, 2]) {
        const [ana, bea] = [await rig.member(100), await rig.member()];
        const { redemptionId } = (await rig.call('POST', '/v1/redemptions', { body: { memberId: ana, points: 60 }, key: key() })).body;
        const cancel = (body: object, name: string) => rig.call('POST', `/v1/redemptions/${String(redemptionId)}/cancel`, { body, key: name });
        const [early, late] = [key(), key()];
        rig.crash({ at: 0, when });
        expect((await cancel({ points: 10 }, early)).status).toBe(500);
        await merge(ana, bea);
        await rig.merges.runOnce();
        rig.crash({ at, when });
        expect((await cancel({ points: 20 }, late)).status).toBe(500);
        rig.crash(undefined);
        rig.clock.advance(60_000);
        expect((await cancel({ points: 20 }, late)).body).toMatchObject({ restored: 20 });
        expect((await cancel({ points: 10 }, early)).body).toMatchObject({ restored: 10 });
        expect((await cancel({}, key())).body).toMatchObject({ restored: 30 });
        expect((await rig.balance(bea)).available).toBe(100);
      }
    }
  });

  it('given a lot that has lapsed since, when its redemption is cancelled after the merge, then the points live for 30 days', async () => {
    const [ana, bea] = [await rig.member(100), await rig.member(7)];
    const { redemptionId } = (await rig.call('POST', '/v1/redemptions', { body: { memberId: ana, points: 60 }, key: key() })).body;
    await merge(ana, bea);
    await rig.merges.runOnce();
    rig.clock.advance(400 * 86_400_000);
    const day = new Date(rig.clock.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    expect((await rig.call('POST', `/v1/redemptions/${String(redemptionId)}/cancel`, { body: {}, key: key() })).body)
      .toMatchObject({ restored: 60, balance: { available: 60, expiring: [{ validThrough: day, points: 60 }] } });
  });

  it('given a hold whose capture the till was not told of, when its wallet is merged, then the capture is told, and can be given back', async () => {
    const [ana, bea] = [await rig.member(100), await rig.member(7)];
    const { holdId } = (await rig.call('POST', '/v1/holds', { body: { memberId: ana, points: 30 }, key: key() })).body;
    const capture = { body: {}, key: key() };
    rig.crash({ at: 0, when: 'after' });
    expect((await rig.call('POST', `/v1/holds/${holdId}/capture`, capture)).status).toBe(500);
    rig.crash(undefined);
    await merge(ana, bea);
    await rig.merges.runOnce();
    rig.clock.advance(60_000);
    expect(await rig.call('POST', `/v1/holds/${holdId}/capture`, capture)).toMatchObject({ status: 200, body: { memberId: ana, captured: 30 } });
    expect(await rig.balance(bea)).toMatchObject({ available: 77, held: 0 });
    expect((await rig.call('POST', `/v1/redemptions/${holdId}/cancel`, { body: {}, key: key() })).body).toMatchObject({ memberId: bea, restored: 30 });
    expect(await rig.balance(bea)).toMatchObject({ available: 107, held: 0 });
  });
});

describe('merging a wallet that is merged into a third', () => {
  const transitOf = async (...members: readonly string[]): Promise<number> => {
    const all = await Promise.all(members.map(async (member) => rig.folded(member)));
    return all.reduce((sum, { totals }) => sum + totals.sent - totals.received - totals.takenBack, 0);
  };

  it.each([
    ['before anything has left', 0], ['when all has left', 1], ['when all has arrived and nobody noted it', 2], ['when it arrived and was not closed', 3],
  ])('given a first merge whose process died %s, when the second is done, then the first goes on to the third wallet, hold included, and nothing is in transit', async (_, at) => {
    const [ana, bea, cal] = [await rig.member(100), await rig.member(7), await rig.member(1)];
    const { holdId } = (await rig.call('POST', '/v1/holds', { body: { memberId: ana, points: 30, minutes: 60 }, key: key() })).body;
    await merge(ana, bea);
    await dying(at, 'after').runOnce();
    await merge(bea, cal);
    await rig.merges.runOnce();
    expect((await rowOf(bea)).state).toBe('done');
    rig.clock.advance(10 * 60_000);
    await rig.merges.runOnce();
    expect(await rowOf(ana)).toMatchObject({ state: 'done', refused: null });
    expect(await rig.balance(cal)).toMatchObject({ available: 78, held: 30 });
    expect(await transitOf(ana, bea, cal)).toBe(0);
    expect(await rig.folded(ana)).toMatchObject({ closed: true });
    expect(await rig.call('POST', `/v1/holds/${holdId}/capture`, { body: {}, key: key() }))
      .toMatchObject({ status: 200, body: { memberId: cal, captured: 30, balance: { available: 78, held: 0 } } });
    expect((await rig.call('POST', `/v1/redemptions/${holdId}/cancel`, { body: { points: 10 }, key: key() })).body).toMatchObject({ memberId: cal, restored: 10 });
  });

  it('given a transfer under way, when it is returned after both merges, then it comes home to the third wallet, once', async () => {
    const [ana, bea, cal, dan] = [await rig.member(100), await rig.member(7), await rig.member(1), await rig.member()];
    const { transferId } = (await rig.call('POST', '/v1/transfers', { body: { from: ana, to: dan, points: 60 }, key: key() })).body;
    for (const [from, into] of [[ana, bea], [bea, cal]] as const) {
      await merge(from, into);
      await rig.merges.runOnce();
    }
    for (let again = 0; again < 2; again += 1) {
      expect((await rig.call('POST', `/v1/transfers/${transferId}/return`, { body: {}, key: key() })).body).toMatchObject({ status: 'returned' });
    }
    expect((await rig.balance(cal)).available).toBe(108);
    expect(await transitOf(ana, bea, cal, dan)).toBe(0);
  });

  it('given a transfer that had come home to the second wallet and nobody noted it, when that one is merged too, then it is not given again', async () => {
    const [ana, bea, cal, dan] = [await rig.member(100), await rig.member(7), await rig.member(1), await rig.member()];
    const { transferId } = (await rig.call('POST', '/v1/transfers', { body: { from: ana, to: dan, points: 60 }, key: key() })).body;
    await merge(ana, bea);
    await rig.merges.runOnce();
    rig.crash({ at: 1, when: 'after' });
    expect((await rig.call('POST', `/v1/transfers/${transferId}/return`, { body: {}, key: key() })).status).toBe(500);
    rig.crash(undefined);
    await merge(bea, cal);
    await rig.merges.runOnce();
    rig.clock.advance(60_000);
    await rig.transfers.runOnce();
    expect((await rig.balance(cal)).available).toBe(108);
    expect(await transitOf(ana, bea, cal, dan)).toBe(0);
  });

  it('given a redemption of the first, when it is cancelled in parts before and after the second merge, then no more than was spent comes back', async () => {
    const [ana, bea, cal] = [await rig.member(100), await rig.member(7), await rig.member(1)];
    const { redemptionId } = (await rig.call('POST', '/v1/redemptions', { body: { memberId: ana, points: 60 }, key: key() })).body;
    const cancel = async (body: object, name = key()) => rig.call('POST', `/v1/redemptions/${String(redemptionId)}/cancel`, { body, key: name });
    await merge(ana, bea);
    await rig.merges.runOnce();
    // The process dies after the plan, and after the points have come: 0 asks the first wallet, 1 its first answer, 2 gives.
    const [planned, given] = [key(), key()];
    rig.crash({ at: 2, when: 'before' });
    expect((await cancel({ points: 10 }, planned)).status).toBe(500);
    rig.crash({ at: 2, when: 'after' });
    expect((await cancel({ points: 20 }, given)).status).toBe(500);
    rig.crash(undefined);
    await merge(bea, cal);
    await rig.merges.runOnce();
    expect((await rig.balance(cal)).available).toBe(68);
    rig.clock.advance(60_000);
    expect(await cancel({ points: 10 }, planned)).toMatchObject({ status: 200, body: { memberId: cal, restored: 10, balance: { available: 78 } } });
    expect(await cancel({ points: 20 }, given)).toMatchObject({ status: 200, body: { restored: 20 } });
    expect(await cancel({})).toMatchObject({ status: 200, body: { memberId: cal, restored: 30, balance: { available: 108 } } });
    expect((await cancel({})).body).toMatchObject({ code: 'cancelExceedsRedemption', cancellable: 0 });
    await rig.folded(cal);
  });
});
