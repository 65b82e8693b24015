import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { programmeOf, programmeVariables } from '@trebol/chassis';
import { openRig, type Rig } from '../test/rig.ts';

let rig: Rig;
let keys = 0;
beforeAll(async () => {
  rig = await openRig({ programme: programmeOf(programmeVariables.parse({ TREBOL_POINT_TYPES: 'points,status:qualifying,stamps' })) });
});
afterAll(async () => rig?.close());

const key = (): string => `key-${++keys}`;
const post = async (url: string, body: object, idempotencyKey = key()) => rig.call('POST', url, { body, key: idempotencyKey });
/** A member with 100 points and 200 status points. */
async function member(): Promise<string> {
  const memberId = await rig.member(100);
  await rig.earn(memberId, 200, memberId, 'status');
  return memberId;
}
const status = async (memberId: string) => rig.balance(memberId, 'status');

describe('points of several types', () => {
  it.each(['/v1/redemptions', '/v1/holds', '/v1/transfers'])('given qualifying points, when they are to be put to use by %s, then that is refused', async (url) => {
    const [ana, bea] = [await member(), await rig.member()];
    const whose = url === '/v1/transfers' ? { from: ana, to: bea } : { memberId: ana };
    expect(await post(url, { ...whose, points: 1, pointType: 'status' })).toMatchObject({ status: 422, body: { code: 'pointsNotSpendable' } });
    for (const pointType of ['gold', 'stamps']) {
      expect(await post(url, { ...whose, points: 1, pointType }))
        .toMatchObject({ status: 422, body: { code: 'invalidRequest', errors: [{ pointer: '/pointType' }] } });
    }
    expect((await post(url, { ...whose, points: 1, pointType: 'points' })).status).toBe(201);
    expect(await status(ana)).toMatchObject({ available: 200, held: 0 });
    expect(await rig.ledger.handle(rig.wallet(ana, 'status'), {
      type: 'RedeemPoints', commandId: 'x', occurredAt: rig.clock.now(), redemptionId: 'x', points: 1,
    })).toMatchObject({ status: 'refused', refusal: { code: 'pointsNotSpendable' } });
  });

  it('given an adjustment of a type, when it is sent again, then it is made once in the wallet of that type', async () => {
    const ana = await member();
    const again = key();
    const body = { memberId: ana, points: -50, pointType: 'status', reasonCode: 'complaint' };
    for (const replayed of [undefined, 'true']) {
      expect(await post('/v1/adjustments', body, again)).toMatchObject({ status: 201, replayed, body: { balance: { available: 150 } } });
    }
    await rig.dataSource.query('DELETE FROM redemption.idempotency');
    expect(await post('/v1/adjustments', { ...body, pointType: 'points' }, again)).toMatchObject({ status: 422, body: { code: 'idempotencyConflict' } });
    expect(await post('/v1/adjustments', { ...body, pointType: 'gold' })).toMatchObject({ status: 422, body: { code: 'invalidRequest' } });
    expect([(await rig.balance(ana)).available, (await status(ana)).available]).toEqual([100, 150]);
  });

  it('given a member who is merged, then the wallets of every type move, each closed behind it', async () => {
    const [ana, bea] = [await member(), await member()];
    await rig.tell(ana, { status: 'merged', change: 'merged', version: 2, mergedInto: bea, identifiers: [] });
    await rig.merges.runOnce();
    expect(await rig.dataSource.query('SELECT point_type, state FROM redemption.merge WHERE from_id = $1 ORDER BY point_type', [ana]))
      .toEqual([{ point_type: 'stamps', state: 'done' }, { point_type: 'status', state: 'done' }, { point_type: null, state: 'done' }]);
    expect([(await rig.balance(bea)).available, (await status(bea)).available]).toEqual([200, 400]);
    expect(await rig.ledger.handle(rig.wallet(ana, 'status'), {
      type: 'EarnPoints', commandId: 'late', occurredAt: rig.clock.now(), source: { kind: 'ticket', key: 'late' }, contentHash: 'h', explanation: '[]', lots: [],
    })).toMatchObject({ status: 'refused', refusal: { code: 'walletClosed', movedTo: bea } });
  });

  it('given a freeze, then no wallet of the member takes anything until it is lifted', async () => {
    const ana = await member();
    const { freezeId } = (await post(`/v1/wallets/${ana}/freeze`, { mode: 'all', reason: 'fraud' })).body;
    await expect(rig.earn(ana, 1, 'frozen', 'status')).rejects.toThrow('walletFrozen');
    expect(await post(`/v1/wallets/${ana}/unfreeze`, { freezeId })).toMatchObject({ status: 200, body: { balance: { available: 100 } } });
    await rig.earn(ana, 1, 'thawed', 'status');
    expect((await status(ana)).available).toBe(201);
  });
});

describe('charging the fee for a card', () => {
  it('given fewer points than the fee, then they pay at once and the rest is due; sent again it is charged once', async () => {
    const ana = await rig.member(30);
    const again = key();
    const first = await post(`/v1/wallets/${ana}/fee`, { points: 50 }, again);
    expect(first).toMatchObject({ status: 201, body: { charged: 50, paid: 30, memberId: ana, balance: { available: 0, feeDue: 20, debt: 0 } } });
    expect(await post(`/v1/wallets/${ana}/fee`, { points: 50 }, again)).toEqual({ ...first, replayed: 'true' });
    await rig.dataSource.query('DELETE FROM redemption.idempotency');
    expect((await post(`/v1/wallets/${ana}/fee`, { points: 50 }, again)).body).toMatchObject({ charged: 50, balance: { feeDue: 20 } });
    expect(await post(`/v1/wallets/${ana}/fee/waive`, { points: 21 })).toMatchObject({ status: 422, body: { code: 'waiverExceedsFee', due: 20 } });
    expect(await post(`/v1/wallets/${ana}/fee/waive`, { points: 5 })).toMatchObject({ status: 200, body: { waived: 5, balance: { feeDue: 15 } } });
    await rig.earn(ana, 40, 'after the fee');
    expect(await rig.balance(ana)).toMatchObject({ available: 25, feeDue: 0 });
  });

  it('given points that never were a fee, or nobody, then it is refused', async () => {
    const ana = await rig.member(30);
    for (const points of [0, -1, 1.5, 1_000_001]) {
      expect(await post(`/v1/wallets/${ana}/fee`, { points })).toMatchObject({ status: 422, body: { code: 'invalidRequest', errors: [{ pointer: '/points' }] } });
    }
    expect((await post(`/v1/wallets/mbr_${'f'.repeat(32)}/fee`, { points: 1 })).body).toMatchObject({ code: 'memberNotFound' });
    expect((await post(`/v1/wallets/${ana}/fee`, { points: 1_000_000 })).status).toBe(201);
  });
});

describe('forfeiting points', () => {
  it('given a member who leaves, then the points of every type are lost, holds are let go, and what is owed is written off', async () => {
    const ana = await member();
    await post('/v1/holds', { memberId: ana, points: 60 });
    await post(`/v1/wallets/${ana}/fee`, { points: 50 });
    const again = key();
    const first = await post(`/v1/wallets/${ana}/forfeit`, { reason: 'closure' }, again);
    expect(first).toMatchObject({
      status: 200, body: {
        forfeited: [{ pointType: 'points' }, { pointType: 'status', points: 200 }], balance: { available: 0, held: 0, feeDue: 0 },
      },
    });
    expect(await post(`/v1/wallets/${ana}/forfeit`, { reason: 'closure' }, again)).toEqual({ ...first, replayed: 'true' });
    expect(await status(ana)).toMatchObject({ available: 0 });
    expect((await rig.ledger.wallet(rig.wallet(ana, 'stamps'))).revision).toBe(0);
    expect((await post(`/v1/wallets/${ana}/forfeit`, { reason: 'boredom' })).body).toMatchObject({ code: 'invalidRequest' });
  });

  it('given a process that dies between two types, then the same key goes on', async () => {
    const ana = await member();
    const again = key();
    rig.crash({ at: 1, when: 'before' });
    expect((await post(`/v1/wallets/${ana}/forfeit`, { reason: 'fraud' }, again)).status).toBe(500);
    expect([(await status(ana)).available, (await rig.balance(ana)).available]).toEqual([0, 100]);
    expect(await post(`/v1/wallets/${ana}/forfeit`, { reason: 'fraud' }, again))
      .toMatchObject({ status: 200, body: { forfeited: [{ pointType: 'points', points: 100 }, { pointType: 'status', points: 200 }] } });
  });
});
