import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Rig, openRig } from '../../test/rig.ts';

let rig: Rig;
let keys = 0;
beforeAll(async () => { rig = await openRig(); });
afterAll(async () => rig?.close());

const key = (): string => `key-${++keys}`;
const adjust = async (memberId: string, points: number, more: object = {}) =>
  rig.call('POST', '/v1/adjustments', { body: { memberId, points, reasonCode: 'complaint', note: 'slow till' }, key: key(), ...more });
const approve = async (id: string, as: string, more: object = {}) =>
  rig.call('POST', `/v1/adjustments/${id}/approve`, { body: {}, key: key(), as, ...more });
const available = async (member: string): Promise<number> => (await rig.balance(member)).available;

describe('adjusting points', () => {
  it('given a small adjustment, when it is sent twice, then it is made once; what it gives is valid a year', async () => {
    const ana = await rig.member(10);
    const again = { key: key() };
    const first = await adjust(ana, 50, again);
    expect(first).toMatchObject({ status: 201, body: {
      adjustmentId: expect.stringMatching(/^adj_[0-9a-f]{32}$/), status: 'done', points: 50, memberId: ana,
      balance: { available: 60, expiring: [{ validThrough: '2027-02-10', points: 60 }] },
    } });
    expect(await adjust(ana, 50, again)).toEqual({ ...first, replayed: 'true' });
    expect(await adjust(ana, 51, again)).toMatchObject({ status: 422, body: { code: 'idempotencyConflict' } });
    await rig.dataSource.query('DELETE FROM redemption.idempotency');
    expect(await adjust(ana, 50, again)).toMatchObject({ status: 201, body: { balance: { available: 60 } } });
    expect(await adjust(ana, -60)).toMatchObject({ status: 201, body: { balance: { available: 0 } } });
    expect((await adjust(ana, -1)).body).toMatchObject({ code: 'insufficientPoints', available: 0, requested: 1 });
    await rig.folded(ana);
  });

  it('given the limit, then one key adjusts so much alone and not a point more, in either direction', async () => {
    const ana = await rig.member(5_000);
    expect((await adjust(ana, 1_000)).status).toBe(201);
    expect((await adjust(ana, -1_000)).status).toBe(201);
    expect((await adjust(ana, 1_001)).status).toBe(202);
    expect((await adjust(ana, -1_001)).status).toBe(202);
    expect(await available(ana)).toBe(5_000);
    const { adjustmentId } = (await adjust(ana, 1)).body;
    expect((await approve(adjustmentId, 'main/*/checker')).body).toMatchObject({ code: 'adjustmentNotFound' });
  });

  it('given a large adjustment, when another key approves it, twice, then it is made once; the same key may not', async () => {
    const ana = await rig.member();
    const again = { key: key(), as: 'main/*/maker' };
    const asked = await adjust(ana, 5_000, again);
    expect(asked).toMatchObject({ status: 202, body: { status: 'awaitingApproval', points: 5_000 } });
    expect(await adjust(ana, 5_000, again)).toEqual({ ...asked, replayed: 'true' });
    const { adjustmentId } = asked.body;
    expect(await approve(adjustmentId, 'main/*/maker')).toMatchObject({ status: 409, body: { code: 'sameApprover' } });
    expect(await available(ana)).toBe(0);
    const approving = { key: key() };
    const done = await approve(adjustmentId, 'main/*/checker', approving);
    expect(done).toMatchObject({ status: 200, body: { status: 'done', balance: { available: 5_000 } } });
    expect(await approve(adjustmentId, 'main/*/checker', approving)).toEqual({ ...done, replayed: 'true' });
    expect(await approve(adjustmentId, 'main/*/third')).toMatchObject({ status: 200, body: { balance: { available: 5_000 } } });
    expect(await rig.dataSource.query('SELECT state, created_by, approved_by FROM redemption.adjustment WHERE adjustment_id = $1', [adjustmentId]))
      .toEqual([{ state: 'done', created_by: 'key_maker', approved_by: 'key_checker' }]);
    expect((await approve('adj_none', 'main/*/checker')).body).toMatchObject({ code: 'adjustmentNotFound' });
    expect((await approve(adjustmentId, 'other/*/checker')).body).toMatchObject({ code: 'adjustmentNotFound' });
    expect((await approve(adjustmentId, 'main/points:adjust/clerk')).body).toMatchObject({ code: 'forbidden' });
  });

  it('given two keys that approve at once, then it is made once', async () => {
    const ana = await rig.member();
    const { adjustmentId } = (await adjust(ana, 5_000, { as: 'main/*/maker' })).body;
    const answers = await Promise.all([approve(adjustmentId, 'main/*/one'), approve(adjustmentId, 'main/*/two', { app: 1 })]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await available(ana)).toBe(5_000);
  });

  it.each(['before', 'after'] as const)('given a process that ends %s the append, when it is sent again, then it is made once', async (when) => {
    const ana = await rig.member();
    const again = { key: key() };
    rig.crash({ at: 0, when });
    expect((await adjust(ana, 50, again)).status).toBe(500);
    expect((await adjust(ana, 50, { ...again, app: 1 })).status).toBe(201);
    expect(await available(ana)).toBe(50);
  });

  it('given a refused one, when there are points, then it may be approved again', async () => {
    const ana = await rig.member(10);
    const { adjustmentId } = (await adjust(ana, -2_000, { as: 'main/*/maker' })).body;
    expect((await approve(adjustmentId, 'main/*/checker')).body).toMatchObject({ code: 'insufficientPoints' });
    await rig.earn(ana, 1_990, `more-${ana}`);
    expect(await approve(adjustmentId, 'main/*/checker')).toMatchObject({ status: 200, body: { balance: { available: 0 } } });
  });

  it('given what cannot be adjusted, then each is refused', async () => {
    const ana = await rig.member();
    const refused = async (points: number, more: object = {}) => (await adjust(ana, points, more)).body['code'];
    expect(await refused(0)).toBe('invalidRequest');
    expect(await refused(1.5)).toBe('invalidRequest');
    expect(await refused(10_000_001)).toBe('invalidRequest');
    expect(await refused(1, { as: 'other' })).toBe('memberNotFound');
    expect(await refused(1, { as: 'main/points:spend' })).toBe('forbidden');
    expect(await refused(1, { key: undefined })).toBe('idempotencyKeyMissing');
  });
});

describe('freezing wallets', () => {
  const freeze = async (member: string, mode: string, more: object = {}) =>
    rig.call('POST', `/v1/wallets/${member}/freeze`, { body: { mode, reason: 'fraud' }, key: key(), ...more });
  const unfreeze = async (member: string, freezeId: string, more: object = {}) =>
    rig.call('POST', `/v1/wallets/${member}/unfreeze`, { body: { freezeId }, key: key(), ...more });
  const redeem = async (member: string) => rig.call('POST', '/v1/redemptions', { body: { memberId: member, points: 1 }, key: key() });

  it('given a wallet frozen twice over, each sent twice, then it spends again when both freezes are lifted', async () => {
    const ana = await rig.member(10);
    const [one, two] = [{ key: key() }, { key: key() }];
    const first = await freeze(ana, 'spending', one);
    expect(first).toMatchObject({ status: 200, body: { memberId: ana, freezeId: expect.stringMatching(/^frz_[0-9a-f]{32}$/) } });
    expect(await freeze(ana, 'spending', one)).toEqual({ ...first, replayed: 'true' });
    const second = await freeze(ana, 'all', two);
    expect((await redeem(ana)).body).toMatchObject({ code: 'walletFrozen', mode: 'all' });
    const lifting = { key: key() };
    const lifted = await unfreeze(ana, second.body.freezeId, lifting);
    expect(lifted).toMatchObject({ status: 200, body: { freezeId: second.body.freezeId } });
    expect(await unfreeze(ana, second.body.freezeId, lifting)).toEqual({ ...lifted, replayed: 'true' });
    expect((await redeem(ana)).body).toMatchObject({ code: 'walletFrozen', mode: 'spending' });
    await unfreeze(ana, first.body.freezeId);
    expect((await redeem(ana)).status).toBe(201);
  });

  it('given what cannot be frozen or lifted, then each is refused', async () => {
    const ana = await rig.member(10);
    expect((await freeze(ana, 'some')).body).toMatchObject({ code: 'invalidRequest' });
    expect((await freeze(ana, 'all', { as: 'other' })).body).toMatchObject({ code: 'memberNotFound' });
    expect((await freeze(ana, 'all', { as: 'main/points:spend' })).body).toMatchObject({ code: 'forbidden' });
    expect((await unfreeze(ana, `frz_${'0'.repeat(32)}`)).body).toMatchObject({ code: 'freezeNotFound' });
    // That of a merge is not lifted by hand.
    expect((await unfreeze(ana, `mrg_${'0'.repeat(32)}`)).body).toMatchObject({ code: 'invalidRequest' });
  });
});
