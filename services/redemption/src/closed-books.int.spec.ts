import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PointsLedger } from '@trebol/points';
import { type Answer, type Rig, openRig } from '../test/rig.ts';
import { MergeWallets } from './merge-members/merge-wallets.ts';
import { settingsOf } from './settings.ts';

const DAY = 86_400_000;
let rig: Rig;
let keys = 0;
// Wallets that remember nothing of a closed period: any wallet is one after the return window, and one that is too busy at once.
beforeAll(async () => { rig = await openRig({ returnWindowDays: 0 }); });
afterAll(async () => rig?.close());

const key = (): string => `key-${++keys}`;
const post = async (url: string, body: object, name = key()): Promise<Answer> => rig.call('POST', url, { body, key: name });
const available = async (member: string): Promise<number> => (await rig.balance(member)).available;

/** A day later the answers are forgotten, as they are after two, and these wallets have begun a new period. */
async function closed(members: readonly string[], period = 1): Promise<void> {
  rig.clock.advance(DAY);
  await rig.dataSource.query('DELETE FROM redemption.idempotency');
  expect(await rig.ledger.closeBooks(members.map((member) => rig.wallet(member)), period)).toEqual(members.map(() => 'closed'));
  rig.clock.advance(DAY);
}

describe('what is sent again after the books were closed', () => {
  it('given a redemption, then it is the same redemption and nothing is spent; with other points it is refused', async () => {
    const ana = await rig.member(100);
    const [request, name] = [{ memberId: ana, points: 30 }, key()];
    const first = await post('/v1/redemptions', request, name);
    await closed([ana]);
    const again = await post('/v1/redemptions', request, name);
    expect(again).toMatchObject({ status: 201, replayed: undefined, body: {
      redemptionId: first.body['redemptionId'], points: 30, allocations: first.body['allocations'], balance: { available: 70 },
    } });
    expect(await available(ana)).toBe(70);
    expect((await post('/v1/redemptions', { ...request, points: 31 }, name)).body['code']).toBe('idempotencyConflict');
  });

  it('given a redemption that was refused, asked again in the new period and then once more in the next, then it is made once', async () => {
    const ana = await rig.member(10);
    const [request, name] = [{ memberId: ana, points: 30 }, key()];
    expect((await post('/v1/redemptions', request, name)).body['code']).toBe('insufficientPoints');
    await closed([ana]);
    await rig.earn(ana, 90, key());
    expect((await post('/v1/redemptions', request, name)).body['balance']).toMatchObject({ available: 70 });
    await closed([ana], 2);
    expect((await post('/v1/redemptions', request, name)).body['balance']).toMatchObject({ available: 70 });
  });

  it('given a captured and a released hold, then placing, capturing and releasing are answered as before and move nothing', async () => {
    const ana = await rig.member(100);
    const [request, names] = [{ memberId: ana, points: 30 }, [key(), key(), key(), key()]];
    const taken = await post('/v1/holds', request, names[0]);
    const freed = await post('/v1/holds', request, names[1]);
    const [capture, release] = [`/v1/holds/${taken.body.holdId}/capture`, `/v1/holds/${freed.body.holdId}/release`];
    expect((await post(capture, { points: 20 }, names[2])).body).toMatchObject({ captured: 20 });
    expect((await post(release, {}, names[3])).status).toBe(200);
    await closed([ana]);
    for (const [place, first] of [taken, freed].entries()) {
      expect(await post('/v1/holds', request, names[place]))
        .toMatchObject({ status: 201, replayed: undefined, body: { holdId: first.body.holdId, expiresAt: first.body['expiresAt'] } });
    }
    expect(await post(capture, { points: 20 }, names[2])).toMatchObject({ status: 200, body: { captured: 20 } });
    expect((await post(release, {}, names[3])).status).toBe(200);
    expect(await rig.balance(ana)).toMatchObject({ available: 80, held: 0 });
  });

  it('given an adjustment and a cancellation, then neither is made twice', async () => {
    const ana = await rig.member(100);
    const [give, spend, back] = [key(), key(), key()];
    const gift = { memberId: ana, points: 5, reasonCode: 'goodwill' };
    await post('/v1/adjustments', gift, give);
    const { redemptionId } = (await post('/v1/redemptions', { memberId: ana, points: 30 }, spend)).body;
    const cancel = `/v1/redemptions/${String(redemptionId)}/cancel`;
    await post(cancel, { points: 10 }, back);
    await closed([ana]);
    expect((await post('/v1/adjustments', gift, give)).status).toBe(201);
    expect(await post(cancel, { points: 10 }, back)).toMatchObject({ status: 200, body: { restored: 10 } });
    expect(await available(ana)).toBe(85);
  });

  it('given a fee, a waiver, a lifted freeze and a forfeiture, then none is done again, nor for another member under its key', async () => {
    const [ana, bea] = [await rig.member(100), await rig.member(100)];
    const url = (what: string, member = ana): string => `/v1/wallets/${member}/${what}`;
    const [charge, waive, stop, lose] = [key(), key(), key(), key()];
    const all = async (): Promise<readonly number[]> => {
      const [fee, waiver] = [await post(url('fee'), { points: 150 }, charge), await post(url('fee/waive'), { points: 20 }, waive)];
      return [fee, waiver, await post(url('freeze'), { mode: 'all', reason: 'fraud' }, stop), await post(url('forfeit'), { reason: 'fraud' }, lose)]
        .map(({ status }) => status);
    };
    expect(await all()).toEqual([201, 200, 200, 200]);
    const freezeId = (await post(url('freeze'), { mode: 'all', reason: 'fraud' }, stop)).body.freezeId;
    await post(url('unfreeze'), { freezeId });
    expect(await rig.balance(ana)).toMatchObject({ available: 0, feeDue: 30 });
    await closed([ana]);
    await rig.earn(ana, 90, key());
    expect(await all()).toEqual([201, 200, 200, 200]);
    expect(await rig.balance(ana)).toMatchObject({ available: 60, feeDue: 0 });
    expect((await post('/v1/redemptions', { memberId: ana, points: 60 })).status).toBe(201);
    await rig.dataSource.query('DELETE FROM redemption.idempotency');
    for (const [what, body, name] of [['fee', { points: 150 }, charge], ['forfeit', { reason: 'fraud' }, lose]] as const) {
      expect((await post(url(what, bea), body, name)).body['code']).toBe('idempotencyConflict');
    }
    expect(await available(bea)).toBe(100);
  });

  it.each([
    ['sent', 0, undefined, [40, 0]], ['accepted', 1, 'accept', [40, 0]], ['taken back', 1, 'return', [100, 0]],
  ] as const)('given a transfer whose process died when it was %s, then it goes on and moves nothing twice', async (_, at, then, expected) => {
    const [ana, bea] = [await rig.member(100), await rig.member()];
    const name = key();
    const body = { from: ana, to: bea, points: 60 };
    rig.crash({ at, when: 'after' });
    const first = await post('/v1/transfers', body, name);
    if (then !== undefined) expect((await post(`/v1/transfers/${first.body.transferId}/${then}`, {})).status).toBe(500);
    rig.crash(undefined);
    // What arrived is spent, so that nothing open reminds the recipient's wallet of it.
    if (then === 'accept') expect((await post('/v1/redemptions', { memberId: bea, points: 60 })).status).toBe(201);
    await closed(then === 'accept' ? [ana, bea] : [ana]);
    await rig.transfers.runOnce();
    expect([await available(ana), await available(bea)]).toEqual(expected);
    expect((await post('/v1/transfers', body, name)).status).toBe(201);
    expect([await available(ana), await available(bea)]).toEqual(expected);
  });

  it.each([0, 1, 2, 3])('given a merge whose process died after step %d, then it goes on, and everything arrives once', async (at) => {
    const [ana, bea] = [await rig.member(100), await rig.member(7)];
    await rig.tell(ana, { status: 'merged', change: 'merged', version: 2, mergedInto: bea, identifiers: [] });
    await dying(at).runOnce();
    await closed(at === 3 ? [bea] : [ana, bea]);
    await rig.merges.runOnce();
    expect(await rig.dataSource.query('SELECT state FROM redemption.merge WHERE from_id = $1', [ana])).toEqual([{ state: 'done' }]);
    expect(await available(bea)).toBe(107);
    expect((await rig.ledger.wallet(rig.wallet(ana))).balance).toMatchObject({ available: 0, pending: 0, held: 0 });
  });

  it('given a merge after the books were closed, when an older redemption and an older hold are cancelled, then their points come back', async () => {
    const [ana, bea] = [await rig.member(100), await rig.member(7)];
    const { redemptionId } = (await post('/v1/redemptions', { memberId: ana, points: 30 })).body;
    const { holdId } = (await post('/v1/holds', { memberId: ana, points: 20 })).body;
    await post(`/v1/holds/${holdId}/capture`, {});
    await closed([ana, bea]);
    await rig.tell(ana, { status: 'merged', change: 'merged', version: 2, mergedInto: bea, identifiers: [] });
    await rig.merges.runOnce();
    expect(await available(bea)).toBe(57);
    expect((await post(`/v1/redemptions/${String(redemptionId)}/cancel`, {})).body).toMatchObject({ memberId: bea, restored: 30 });
    expect((await post(`/v1/redemptions/${holdId}/cancel`, {})).body).toMatchObject({ memberId: bea, restored: 20 });
    expect(await available(bea)).toBe(107);
  });
});

/** A process that ends after its n-th command. */
function dying(at: number): MergeWallets {
  let left = at;
  const ledger: PointsLedger = {
    ...rig.ledger,
    handle: async (wallet, command) => {
      const outcome = await rig.ledger.handle(wallet, command);
      left -= 1;
      if (left === -1) throw new Error('the process ended');
      return outcome;
    },
  };
  const settings = settingsOf({ clock: rig.clock, dataSource: rig.dataSource, ledger, identifierKey: Buffer.alloc(32) });
  return new MergeWallets(settings, rig.dataSource, ledger);
}
