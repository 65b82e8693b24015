import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { NewEvent } from '@trebol/event-store';
import { eventIdOf, walletStream } from '@trebol/points';
import { DAY, earn, member, NOON, openRig, redeem, type Rig, someHistory, withProof } from '../../test/rig.ts';
import { lastVerify } from '../last-verify.ts';
import type { UnderWay } from './in-transit.ts';
import type { VerifyProgress } from './report.ts';
import { Verify } from './verify.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await openRig();
  await someHistory(rig, 9);
  await rig.services.projector.catchUp();
});
afterEach(async () => { await rig.close(); });

const difference = async () => (await rig.services.verify.run()).difference;
const sql = (text: string) => rig.dataSource.query<unknown>(text);

describe('verifying the books', () => {
  it('given books that are right, when verified in one pass or in several, then all is compared and the figures agree', async () => {
    const said: VerifyProgress[] = [];
    const report = await rig.services.verify.run({ onProgress: (progress) => said.push(progress) });
    expect(report).toMatchObject({ ok: true, difference: null, wallets: 9, snapshotsCompared: 9 });
    const [row] = await rig.dataSource.query<{ events: number; available: number }[]>(
      'SELECT (SELECT count(*)::int FROM ledger.entry) AS events, sum(available)::int AS available FROM ledger.balance');
    expect(report.events).toBe(row?.events);
    expect(report.totals).toMatchObject([{ tenant: 'main', programme: 'club', pointType: 'points', wallets: 9, available: row?.available }]);
    const inShares = await rig.services.verify.run({ passes: 4 });
    expect(inShares).toEqual(report);
    expect(new Set(said.map(({ phase }) => phase))).toEqual(new Set(['log', 'waiting', 'entries', 'wallets', 'orphans']));
  });

  it.each([
    ['a figure of a balance row', 'UPDATE ledger.balance SET pending = pending + 1 WHERE member_id LIKE \'%3\'', { check: 'balance', field: 'pending', expected: '50', found: '51' }],
    ['a flipped byte of a balance row', 'UPDATE ledger.balance SET state = set_byte(state, 9, get_byte(state, 9) # 1) WHERE member_id LIKE \'%3\'', { check: 'balance', field: 'state' }],
    ['a missing balance row', 'DELETE FROM ledger.balance WHERE member_id LIKE \'%3\'', { check: 'balance' }],
    ['a balance row that claims a later revision', 'UPDATE ledger.balance SET revision = 99 WHERE member_id LIKE \'%3\'', { check: 'balance', field: 'revision', found: '99' }],
    ['a missing entry', 'DELETE FROM ledger.entry WHERE revision = 2 AND member_id LIKE \'%3\'', { check: 'entry', revision: 2 }],
    ['a running figure of an entry', 'UPDATE ledger.entry SET available_after = 7 WHERE revision = 2 AND member_id LIKE \'%3\'', { check: 'entry', revision: 2, field: 'available_after', expected: '103', found: '7' }],
    ['an entry too many', 'INSERT INTO ledger.entry SELECT tenant, member_id, programme, point_type, 50, event_id, kind, points, occurred_at, recorded_at, NULL, NULL, NULL, 0, 0, 0, 0, 0 FROM ledger.entry WHERE revision = 1 AND member_id LIKE \'%3\'', { check: 'orphan', revision: 50 }],
    ['a wrong snapshot', 'UPDATE event_store.stream SET snapshot = set_byte(snapshot, 9, get_byte(snapshot, 9) # 1) WHERE name LIKE \'%3~1\'', { check: 'snapshot' }],
    ['an unreadable snapshot', 'UPDATE event_store.stream SET snapshot = substr(snapshot, 1, 12) WHERE name LIKE \'%3~1\'', { check: 'snapshot' }],
  ])('given %s, when verified, then it is found and named', async (_, damage, expected) => {
    await sql(damage);
    const found = await difference();
    expect(found).toMatchObject({ wallet: member(3), ...expected });
    expect(found?.message).toContain(member(3).member);
  });

  it('given a balance row of a wallet that has no stream, when verified, then it is named', async () => {
    await sql(`INSERT INTO ledger.balance SELECT tenant, programme, point_type, 'mbr_nobody', revision, available, pending, held, debt, fee_due, spent, expired,
      state_version, state, next_due_at, as_of, log_partition, log_position FROM ledger.balance LIMIT 1`);
    expect(await difference()).toMatchObject({ check: 'orphan', wallet: { member: 'mbr_nobody' } });
  });

  it('given an event that was tampered with in the log, when verified, then what it broke is named', async () => {
    await sql(`UPDATE event_store.event SET data = replace(data, '[103,', '[104,') WHERE data LIKE '%[103,%'`);
    expect(await difference()).toMatchObject({ check: 'event', wallet: member(3), revision: 2, message: expect.stringContaining('its id is') });
  });

  it('given a history that was wrong for a while and is right in the end, when verified, then the event that made it wrong is named', async () => {
    const stream = walletStream(member(3));
    const placed = (await Array.fromAsync(rig.store.readStream(stream))).find(({ type }) => type === 'HoldPlaced');
    const [occurredAt, holdId, , allocations] = JSON.parse(placed?.data ?? '[]') as [number, string, number, [string, number]];
    const { revision: before } = await rig.ledger.wallet(member(3));
    const letGo = (points: number): NewEvent => {
      const event = {
        type: 'HoldReleased', schemaVersion: 1, recordedAt: NOON, data: JSON.stringify([occurredAt, holdId, 0, [allocations[0], points], [], []]),
      };
      return { ...event, id: eventIdOf({ stream, ...event }) };
    };
    // Of 10 held points 4 are let go, and with the next event the other 6.
    expect(await rig.store.append([{ stream, expectedRevision: before, events: [letGo(4), letGo(6)] }])).toMatchObject([{ status: 'appended' }]);
    await rig.services.projector.catchUp();
    expect(await difference()).toMatchObject({ check: 'conservation', wallet: member(3), revision: before + 1, message: expect.stringContaining('6 held, open holds say 0') });
  });

  it('given points sent and not accepted, when verified in one pass or in several, then they are in transit; accepted, then nothing is', async () => {
    const [ana, bea] = [member(1), member(2)];
    const header = { commandId: 't', occurredAt: NOON, transferId: 't' };
    const sent = await rig.ledger.handle(ana, { type: 'SendPoints', ...header, points: 60, to: bea.member });
    const inTransit = [{ tenant: 'main', programme: 'club', pointType: 'points', points: 60, transfers: 1, merges: 0 }];
    expect(await rig.services.verify.run()).toMatchObject({ ok: true, inTransit });
    expect(await rig.services.verify.run({ passes: 4 })).toMatchObject({ ok: true, inTransit });
    expect((await lastVerify(rig.dataSource))?.inTransitPoints).toBe(60);
    rig.clock.advance(21 * DAY + 1);
    const asked = async (underWay?: readonly UnderWay[]) =>
      (await rig.services.verify.run(underWay === undefined ? {} : { underWay: () => Promise.resolve(underWay) })).difference;
    expect(await asked()).toMatchObject({ check: 'transit', wallet: ana, points: -60 });
    expect(await lastVerify(rig.dataSource)).toMatchObject({ differences: 1, unaccountedPoints: -60, inTransitPoints: 60 });
    expect(await asked([])).toMatchObject({ check: 'transit', wallet: ana });
    expect(await asked([{ kind: 'transfer', tenant: 'main', id: 't', left: true }])).toBeNull();
    const lots = sent.status === 'accepted' ? sent.effect.lots ?? [] : [];
    const receive = { type: 'ReceivePoints', ...header, from: ana.member, lots } as const;
    await rig.ledger.handle(bea, receive);
    expect(await rig.services.verify.run({ underWay: () => Promise.resolve([]) })).toMatchObject({ ok: true, inTransit: [] });
    await rig.ledger.handle(member(4), receive);
    rig.clock.advance(10 * 60_000 + 1);
    expect(await asked()).toMatchObject({ check: 'transit', wallet: member(4), points: 60, message: expect.stringContaining('never left') });
  });

  it('given an event that is gone from the log, or a stream row that claims too much, when verified, then the log itself is named', async () => {
    await sql(`UPDATE event_store.stream SET revision = revision + 1 WHERE name LIKE '%3~1'`);
    expect(await difference()).toMatchObject({ check: 'log', message: expect.stringContaining(member(3).member) });
    await sql(`DELETE FROM event_store.event WHERE position = 3 AND partition = 1`);
    expect(await difference()).toMatchObject({ check: 'log', message: expect.stringContaining('position of partition 1') });
  });

  it('given heads of the hash chain that a run told and somebody noted, when history up to them is as it was, then it verifies; when it was cut or rewritten, then the lane is named', async () => {
    const { chainHeads } = await rig.services.verify.run();
    if (chainHeads === null) throw new Error('the run told no heads');
    await rig.ledger.handle(member(1), redeem(member(1), 'later', 1).command);
    const later = await rig.services.verify.run({ noted: chainHeads });
    expect(later.difference).toBeNull();
    const rewritten = chainHeads.map((head) => ({ ...head, hash: head.lane === 'bulk' ? 'f'.repeat(64) : head.hash }));
    expect((await rig.services.verify.run({ noted: rewritten })).difference).toMatchObject({ check: 'log', lane: 'bulk', message: expect.stringContaining('as noted') });
    // The last till's append is cut off, hashes and all: nothing in the database tells.
    await sql(`DELETE FROM event_store.event WHERE partition = 2; DELETE FROM event_store.segment WHERE partition = 2;
      UPDATE event_store.log_head SET position = 0, tick = 0, hash = sha256(convert_to('trebol event log, chain 1', 'UTF8') || int2send(2::int2) || int8send(1)) WHERE partition = 2;
      UPDATE event_store.stream SET revision = revision - 1, snapshot = NULL, snapshot_revision = 0, snapshot_schema = 0 WHERE name = 'wallet-main~club~points~${member(1).member}~1';
      TRUNCATE ledger.balance, ledger.entry, ledger.checkpoint`);
    expect(await difference()).toBeNull();
    const noted = later.chainHeads ?? [];
    expect((await rig.services.verify.run({ noted })).difference).toMatchObject({
      check: 'log', lane: 'interactive', message: 'lane interactive: history up to position 1 was noted, it ends at position 0',
    });
  });

  it('given an installation that cannot check noted heads, when given some, then it refuses rather than finding all well', async () => {
    const verify = new Verify({
      dataSource: rig.dataSource, eventStore: withProof(rig.store, undefined), clock: rig.clock, projected: (until) => rig.services.projector.catchUp(until),
    });
    expect(await verify.run()).toMatchObject({ ok: true, chainHeads: null });
    await expect(verify.run({ noted: [{ lane: 'bulk', partition: 1, chainedFrom: 1, position: 1, hash: 'f'.repeat(64) }] })).rejects.toThrow('noted heads');
  });

  it('given tills at work meanwhile, when verified, then newer rows are no difference', async () => {
    rig.services.projector.start();
    let spent = 0;
    const report = await rig.services.verify.run({
      onProgress: ({ phase }) => {
        if (phase === 'entries' && spent === 0) {
          spent += 1;
          void rig.ledger.handle(member(1), redeem(member(1), 'meanwhile', 1).command);
          void rig.ledger.handleMany([earn(member(50), 'new', 5)]);
        }
      },
    });
    expect(report.difference).toBeNull();
    await rig.services.projector.catchUp();
    expect((await rig.services.verify.run()).difference).toBeNull();
  });

  it('given the same facts in another installation, in another order and with other ids, when hashed by card, then the hash is the same; one point more and it differs', async () => {
    const [fresh, other] = [await openRig(), await openRig()];
    try {
      const asOf = NOON + DAY;
      const card = (offset: number) => (wallet: { member: string }) => `card ${Number.parseInt(wallet.member.slice(4), 16) - offset}`;
      const facts = [0, 1, 2].flatMap((n) => [earn(member(100 + n), `x-${n}`, { points: 10, days: 20 }), earn(member(100 + n), `y-${n}`, { points: 20, from: NOON + 5 * DAY })]);
      await fresh.ledger.handleMany(facts);
      await other.ledger.handleMany(facts.toReversed().map(({ wallet, command }) => ({ wallet: member(Number.parseInt(wallet.member.slice(4), 16) + 400), command })));
      const [left, right] = [await fresh.services.verify.run({ asOf, label: card(100) }), await other.services.verify.run({ asOf, label: card(500) })];
      expect([left.difference, right.difference]).toEqual([null, null]);
      expect(left.balancesHash).toMatch(/^[0-9a-f]{64}$/);
      expect(right.balancesHash).toBe(left.balancesHash);
      expect((await fresh.services.verify.run({ asOf: NOON + 6 * DAY, label: card(100) })).balancesHash).not.toBe(left.balancesHash);
      await other.ledger.handleMany([earn(member(500), 'more', 1)]);
      expect((await other.services.verify.run({ asOf, label: card(500) })).balancesHash).not.toBe(left.balancesHash);
    } finally {
      await other.close();
      await fresh.close();
    }
  });

  it('given lapsed points, when hashed before and after the job has booked them, then the hash is the same (G2)', async () => {
    const asOf = NOON + 40 * DAY;
    const before = await rig.services.verify.run({ asOf });
    rig.clock.set(asOf);
    await rig.services.bookDue.runUntilCaughtUp(asOf);
    const after = await rig.services.verify.run({ asOf });
    expect([before.difference, after.difference]).toEqual([null, null]);
    expect(after.balancesHash).toBe(before.balancesHash);
    expect(after.events).toBeGreaterThan(before.events);
  });
});
