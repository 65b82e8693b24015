import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lotIdOf } from '@trebol/points';
import fc from 'fast-check';
import { type Rig, openRig } from '../../test/rig.ts';

const DAY = 86_400_000;
let rig: Rig;
let keys = 0;
beforeAll(async () => { rig = await openRig(); });
afterAll(async () => rig?.close());

const key = (): string => `key-${++keys}`;
const send = async (from: string, to: string, points: number, more: object = {}) =>
  rig.call('POST', '/v1/transfers', { body: { from, to, points }, key: key(), ...more });
const answer = async (id: string, what: 'accept' | 'return', more: object = {}) =>
  rig.call('POST', `/v1/transfers/${id}/${what}`, { body: {}, key: key(), ...more });
const available = async (member: string): Promise<number> => (await rig.balance(member)).available;
const sweep = async (): Promise<number> => rig.transfers.runOnce(rig.clock.now());
const stateOf = async (id: string): Promise<{ state: string; reason: string | null }> =>
  (await rig.dataSource.query('SELECT state, reason FROM redemption.transfer WHERE transfer_id = $1', [id]))[0];

describe('transferring points', () => {
  it('given points, when they are sent and accepted, each twice, then they are in transit, then there, once, with their last day', async () => {
    const [ana, bea] = [await rig.member(100), await rig.member()];
    const request = { body: { from: ana, to: bea, points: 60 }, key: key() };
    const sent = await rig.call('POST', '/v1/transfers', request);
    expect(sent).toMatchObject({ status: 201, body: {
      transferId: expect.stringMatching(/^trf_[0-9a-f]{32}$/), status: 'sent', from: ana, to: bea, points: 60,
      lapsesAt: '2026-02-24T10:00:00.000Z', balance: { available: 40 },
    } });
    expect(await rig.call('POST', '/v1/transfers', request)).toEqual({ ...sent, replayed: 'true' });
    expect(await rig.call('POST', '/v1/transfers', { ...request, body: { ...request.body, points: 61 } }))
      .toMatchObject({ status: 422, body: { code: 'idempotencyConflict' } });
    expect([await available(ana), await available(bea)]).toEqual([40, 0]);

    const { transferId } = sent.body;
    const again = key();
    const accepted = await answer(transferId, 'accept', { key: again });
    expect(accepted).toMatchObject({ status: 200, body: {
      transferId, status: 'accepted', balance: { available: 60, expiring: [{ validThrough: '2027-02-10', points: 60 }] },
    } });
    expect(await answer(transferId, 'accept', { key: again, app: 1 })).toEqual({ ...accepted, replayed: 'true' });
    expect(await answer(transferId, 'accept')).toMatchObject({ status: 200, body: { status: 'accepted' } });
    expect(await answer(transferId, 'return')).toMatchObject({ status: 409, body: { code: 'transferClosed', state: 'accepted' } });
    expect([await available(ana), await available(bea)]).toEqual([40, 60]);
    await dataForgotten();
    expect(await rig.call('POST', '/v1/transfers', request)).toMatchObject({ status: 201, body: { status: 'accepted', balance: { available: 40 } } });
    expect([await available(ana), await available(bea)]).toEqual([40, 60]);
  });

  it('given a transfer, when it is returned, twice, then the points are back once and cannot be accepted any more', async () => {
    const [ana, bea] = [await rig.member(100), await rig.member()];
    const { transferId } = (await send(ana, bea, 60)).body;
    const again = key();
    const returned = await answer(transferId, 'return', { key: again });
    expect(returned).toMatchObject({ status: 200, body: { status: 'returned', reason: 'returned', balance: { available: 100 } } });
    expect(await answer(transferId, 'return', { key: again })).toEqual({ ...returned, replayed: 'true' });
    expect(await answer(transferId, 'return')).toMatchObject({ status: 200, body: { status: 'returned' } });
    expect(await answer(transferId, 'accept')).toMatchObject({ status: 409, body: { code: 'transferClosed', state: 'returned' } });
    expect([await available(ana), await available(bea)]).toEqual([100, 0]);
  });

  it('given nobody who answers for two weeks, then the points go back, whether or not the sweep was in time', async () => {
    const [ana, bea] = [await rig.member(100), await rig.member()];
    const [swept, late] = [(await send(ana, bea, 60)).body.transferId, (await send(ana, bea, 30)).body.transferId];
    rig.clock.advance(14 * DAY - 1);
    expect(await sweep()).toBe(0);
    rig.clock.advance(1);
    expect(await answer(late, 'accept')).toMatchObject({ status: 409, body: { code: 'transferClosed' } });
    await sweep();
    expect([await available(ana), await available(bea)]).toEqual([100, 0]);
    expect(await stateOf(swept)).toEqual({ state: 'returned', reason: 'lapsed' });
    expect(await stateOf(late)).toEqual({ state: 'returned', reason: 'lapsed' });
    expect(await sweep()).toBe(0);
  });

  it('given two accepts and a return at once, in two processes, then one answer counts and no point is in both wallets', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [ana, bea] = [await rig.member(100), await rig.member()];
      const { transferId } = (await send(ana, bea, 60)).body;
      const answers = await Promise.all([
        answer(transferId, 'accept'), answer(transferId, 'return', { app: 1 }), answer(transferId, 'accept', { app: 1 }),
      ]);
      const { state } = await stateOf(transferId);
      expect(answers.map(({ status }) => status)).toEqual(state === 'accepted' ? [200, 409, 200] : [409, 200, 409]);
      expect([await available(ana), await available(bea)]).toEqual(state === 'accepted' ? [40, 60] : [100, 0]);
    }
  });

  it('given a recipient whose wallet is frozen, when it is accepted, then the points arrive once it no longer is', async () => {
    const [ana, bea] = [await rig.member(100), await rig.member()];
    const { transferId } = (await send(ana, bea, 60)).body;
    const frozen = await rig.call('POST', `/v1/wallets/${bea}/freeze`, { body: { mode: 'all', reason: 'fraud' }, key: key() });
    expect(await answer(transferId, 'accept')).toMatchObject({ status: 409, body: { code: 'walletFrozen' } });
    expect(await answer(transferId, 'return')).toMatchObject({ status: 409, body: { code: 'transferClosed', state: 'accepting' } });
    await rig.call('POST', `/v1/wallets/${bea}/unfreeze`, { body: { freezeId: frozen.body.freezeId }, key: key() });
    rig.clock.advance(10 * 60_000);
    await sweep();
    expect([await available(ana), await available(bea)]).toEqual([40, 60]);
  });

  it('given a recipient whose wallet is closed, when it is accepted, then the points go back', async () => {
    const [ana, bea] = [await rig.member(100), await rig.member()];
    const { transferId } = (await send(ana, bea, 60)).body;
    await rig.ledger.handle(rig.wallet(bea), { type: 'CloseWallet', commandId: 'c', occurredAt: rig.clock.now(), closeId: `close-${bea}` });
    expect(await answer(transferId, 'accept'))
      .toMatchObject({ status: 409, body: { code: 'transferClosed', state: 'returned', reason: 'recipientClosed' } });
    expect(await available(ana)).toBe(100);
    expect(await send(ana, bea, 60)).toMatchObject({ status: 201 });
  });

  it('given what cannot be sent or answered, then each is refused with its figures', async () => {
    const [ana, bea, cal] = [await rig.member(10), await rig.member(), await rig.member()];
    const refused = async (from: string, to: string, points: number, more: object = {}) => (await send(from, to, points, more)).body['code'];
    expect((await send(ana, bea, 11)).body).toMatchObject({ code: 'insufficientPoints', available: 10, requested: 11 });
    expect(await refused(ana, ana, 1)).toBe('invalidRequest');
    expect(await refused(ana, bea, 0)).toBe('invalidRequest');
    expect(await refused(ana, `mbr_${'f'.repeat(32)}`, 1)).toBe('memberNotFound');
    expect(await refused(ana, bea, 1, { as: 'other' })).toBe('memberNotFound');
    expect(await refused(ana, bea, 1, { as: 'main/members:read' })).toBe('forbidden');
    expect(await refused(ana, bea, 1, { key: undefined })).toBe('idempotencyKeyMissing');
    const { transferId } = (await send(ana, cal, 5)).body;
    await rig.tell(cal, { status: 'blocked', version: 2, change: 'blocked' });
    expect(await refused(ana, cal, 1)).toBe('memberBlocked');
    expect((await answer(transferId, 'accept')).body).toMatchObject({ code: 'memberBlocked' });
    expect((await answer(transferId, 'accept', { as: 'other' })).body).toMatchObject({ code: 'transferNotFound' });
    expect((await answer('trf_none', 'return')).body).toMatchObject({ code: 'transferNotFound' });
  });

  it('given a sender in debt, then nothing is sent and the debt is named', async () => {
    const [ana, bea] = [await rig.member(100), await rig.member()];
    await rig.call('POST', '/v1/redemptions', { body: { memberId: ana, points: 80 }, key: key() });
    const source = { kind: 'ticket', key: ana };
    await rig.ledger.handle(rig.wallet(ana), {
      type: 'ReverseEarning', commandId: 'r', occurredAt: rig.clock.now(), source, correction: { kind: 'return', key: ana }, contentHash: 'h',
      lots: [{ lotId: lotIdOf(source, 0), points: 60 }], explanation: '[]',
    });
    expect((await send(ana, bea, 1)).body).toMatchObject({ code: 'senderInDebt', debt: 40 });
  });

  it('given too few points, when more were earned, then the same request succeeds', async () => {
    const [ana, bea] = [await rig.member(10), await rig.member()];
    const again = { key: key() };
    expect((await send(ana, bea, 20, again)).status).toBe(409);
    await rig.earn(ana, 10, `more-${ana}`);
    expect((await send(ana, bea, 20, again)).status).toBe(201);
  });

  it('given a process that ends at any step of any history, when all is swept, then nothing is in transit and no point is lost or doubled', async () => {
    await fc.assert(fc.asyncProperty(
      fc.constantFrom('accept' as const, 'return' as const, 'nothing' as const), fc.nat(2), fc.constantFrom('before' as const, 'after' as const),
      fc.boolean(), fc.boolean(), async (then, at, when, again, closes) => {
        const [ana, bea] = [await rig.member(100), await rig.member(7)];
        const sending = { key: key() };
        rig.crash({ at, when });
        const first = await send(ana, bea, 60, sending);
        if (again) await send(ana, bea, 60, sending);
        const [row] = await rig.dataSource.query('SELECT transfer_id FROM redemption.transfer WHERE sender_id = $1', [ana]);
        if (then !== 'nothing') await answer(row.transfer_id, then);
        rig.crash(undefined);
        if (closes) await rig.tell(bea, { status: 'erased', version: 2, change: 'erased' });
        rig.clock.advance(60_000);
        await sweep();
        expect(first.status === 201 || first.status === 500).toBe(true);
        rig.clock.advance(14 * DAY);
        await sweep();
        const [from, to] = [await rig.folded(ana), await rig.folded(bea)];
        expect(from.totals.sent - to.totals.received - from.totals.takenBack).toBe(0);
        expect(await available(ana) + await available(bea)).toBe(107);
        expect((await stateOf(row.transfer_id)).state).toMatch(/^(accepted|returned)$/);
      }), { numRuns: 40 });
  }, 60_000);
});

/** As if the answers were older than two days. */
const dataForgotten = async (): Promise<unknown> => rig.dataSource.query('DELETE FROM redemption.idempotency');
