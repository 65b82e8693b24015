import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pointsBalance, pointsEntry, topics } from '@trebol/contracts';
import type { OutgoingMessage } from '@trebol/messaging';
import { type Addressed, balanceAt, decodeWallet, nextDueAt, type PointsCommand, WALLET_PREFIX, type WalletId, walletStream } from '@trebol/points';
import fc from 'fast-check';
import { allRows, DAY, earn, hold, member, NOON, openRig, redeem, reverse, type Rig } from '../test/rig.ts';
import { lifetime } from './balance-values.ts';
import { WalletProjection } from './project-wallets.ts';
import { PublishPoints } from './publish-points/publish-points.ts';
import { LIVE } from './read-models.ts';

let rig: Rig;
beforeEach(async () => { rig = await openRig(); });
afterEach(async () => { await rig.close(); });

type Step = 'earn' | 'pending' | 'redeem' | 'hold' | 'reverse' | 'wait' | 'due' | 'close' | 'project';
const STEPS: readonly Step[] = ['earn', 'earn', 'pending', 'redeem', 'hold', 'reverse', 'wait', 'due', 'close', 'close', 'project'];

function commandOf(step: Step, wallet: WalletId, n: number): Addressed<PointsCommand> | undefined {
  const at = rig.clock.now();
  const dated = ({ command, ...addressed }: Addressed<PointsCommand>) => ({ ...addressed, command: { ...command, occurredAt: at } });
  switch (step) {
    case 'earn': return earn(wallet, `t-${n}`, { points: 10 + n, at, days: 1 + (n % 20) });
    case 'pending': return earn(wallet, `p-${n}`, { points: 7, at, from: at + 2 * DAY, days: 30 });
    case 'redeem': return dated(redeem(wallet, `r-${n}`, 3 + (n % 9)));
    case 'hold': return dated(hold(wallet, `h-${n}`, { points: 4, expiresAt: at + DAY }));
    case 'reverse': return dated(reverse(wallet, 't-0', { by: `back-${n}`, points: 2 }));
    case 'wait': case 'due': case 'close': case 'project': return undefined;
  }
}

/** What people see of a wallet: its figures, and its movements without their numbers and ids, which name their place in the streams. */
async function seen(wallet: WalletId): Promise<unknown> {
  await rig.services.projector.catchUp();
  const [row] = await rig.dataSource.query<{ state_version: number; state: Buffer }[]>('SELECT * FROM ledger.balance WHERE member_id = $1', [wallet.member]);
  const state = row === undefined ? undefined : decodeWallet({ schemaVersion: row.state_version, bytes: row.state });
  if (state === undefined) throw new Error('no balance row');
  const balance = balanceAt(state, rig.clock.now());
  const entries = await rig.dataSource.query<object[]>(`SELECT kind, points, occurred_at, recorded_at, source_kind, source_key, explanation,
    available_after, pending_after, held_after, debt_after, fee_due_after FROM ledger.entry WHERE member_id = $1 ORDER BY revision`, [wallet.member]);
  return { balance, ...lifetime(state, balance), due: nextDueAt(state), entries };
}

/** Three periods of some members: two closed, one open. */
async function yearsOf(members: number): Promise<void> {
  const wallets = Array.from({ length: members }, (_, n) => member(n));
  for (const period of [1, 2, 3]) {
    await rig.ledger.handleMany(wallets.flatMap((wallet) => [
      earn(wallet, `a-${period}`, { points: 100, at: rig.clock.now(), days: 400 }), earn(wallet, `b-${period}`, { points: 30, at: rig.clock.now(), days: 3 }),
    ]));
    await rig.ledger.handleMany(wallets.map((wallet) => redeem(wallet, `r-${period}`, 40)));
    rig.clock.advance(10 * DAY);
    if (period < 3) expect(await rig.ledger.closeBooks(wallets, period)).toEqual(wallets.map(() => 'closed'));
  }
}

const sql = (text: string): Promise<unknown> => rig.dataSource.query<unknown>(text);
const difference = async () => (await rig.services.verify.run()).difference;

describe('wallets whose books are closed', () => {
  it('given any history, when books are closed anywhere in it, then balance and entries are as without, and the books verify', async () => {
    let pair = 0;
    await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom(...STEPS), { minLength: 5, maxLength: 25 }), async (steps) => {
      const [closing, plain] = [member(1_000 + 2 * pair), member(1_001 + 2 * pair)];
      pair += 1;
      let period = 0;
      await rig.ledger.handleMany([closing, plain].flatMap((wallet) => commandOf('earn', wallet, 0) ?? []));
      for (const [n, step] of steps.entries()) {
        rig.clock.advance(step === 'wait' ? DAY : 1_000);
        if (step === 'close') expect(await rig.ledger.closeBooks([closing], period += 1)).toEqual(['closed']);
        if (step === 'project') await rig.services.projector.catchUp();
        if (step === 'due') await rig.services.bookDue.runUntilCaughtUp(rig.clock.now());
        await rig.ledger.handleMany([closing, plain].flatMap((wallet) => commandOf(step, wallet, n + 1) ?? []));
      }
      expect(await seen(closing)).toEqual(await seen(plain));
      expect((await rig.ledger.wallet(closing)).balance).toEqual((await rig.ledger.wallet(plain)).balance);
    }), { numRuns: 25 });
    expect(await difference()).toBeNull();
  });

  it('given the same facts with and without closings, when hashed, then the hash is the same, in one pass or in several', async () => {
    await yearsOf(5);
    const plain = await openRig();
    try {
      for (const period of [1, 2, 3]) {
        for (let n = 0; n < 5; n += 1) {
          const at = plain.clock.now();
          await plain.ledger.handleMany([earn(member(n), `a-${period}`, { points: 100, at, days: 400 }), earn(member(n), `b-${period}`, { points: 30, at, days: 3 })]);
          await plain.ledger.handleMany([redeem(member(n), `r-${period}`, 40)]);
        }
        plain.clock.advance(10 * DAY);
      }
      const asOf = rig.clock.now();
      const [closed, without] = [await rig.services.verify.run({ asOf }), await plain.services.verify.run({ asOf })];
      expect([closed.difference, without.difference]).toEqual([null, null]);
      expect(closed.balancesHash).toBe(without.balancesHash);
      expect(closed).toMatchObject({ wallets: 5, snapshotsCompared: 15, totals: without.totals });
      expect(await rig.services.verify.run({ asOf, passes: 3 })).toEqual(closed);
    } finally {
      await plain.close();
    }
  });

  it('given three periods, when rebuilt, when batches are cut anywhere and delivered twice, and when begun anew between closing and opening, then the rows are the same', async () => {
    await yearsOf(3);
    await rig.services.projector.catchUp();
    const rows = await allRows(rig.dataSource);
    await rig.services.rebuild.run();
    expect(await allRows(rig.dataSource)).toEqual(rows);
    const end = await rig.store.end();
    for (const batchMax of [1, 4]) {
      await sql('TRUNCATE ledger.balance, ledger.entry, ledger.checkpoint');
      const ended = new AbortController();
      for await (const batch of rig.store.subscribe(rig.store.start, { batchMax, signal: ended.signal, prefix: WALLET_PREFIX })) {
        const work = new WalletProjection({ dataSource: rig.dataSource, eventStore: rig.store, clock: rig.clock, tables: LIVE, walletsMax: 2 });
        await work.resume();
        await work.apply(batch);
        await work.commit();
        await work.apply(batch); // its checkpoint is covered
        await work.apply({ ...batch, checkpoint: '1:9999,2:9999' as typeof end }); // its revisions are known
        await work.abandon();
        if (rig.store.covers(batch.checkpoint, end)) break;
      }
      ended.abort();
      expect(await allRows(rig.dataSource)).toEqual(rows);
    }
  });

  it('given three periods, when published, then each movement is told once with growing numbers, and of the books themselves nothing', async () => {
    await yearsOf(2);
    const sent: OutgoingMessage[] = [];
    const bus = { publish: async (messages: readonly OutgoingMessage[]) => { sent.push(...messages); }, consume: () => { throw new Error('not here'); }, close: async () => undefined };
    const work = new PublishPoints({ dataSource: rig.dataSource, eventStore: rig.store, bus, clock: rig.clock, walletsMax: 1 });
    const [end, ended] = [await rig.store.end(), new AbortController()];
    await work.resume();
    for await (const batch of rig.store.subscribe(rig.store.start, { batchMax: 3, signal: ended.signal, prefix: WALLET_PREFIX })) {
      await work.apply(batch);
      await work.commit();
      if (rig.store.covers(batch.checkpoint, end)) break;
    }
    ended.abort();
    const of = (topic: string) => sent.filter((message) => message.topic === topic && message.key === member(0).member).map(({ value }) => JSON.parse(value) as unknown);
    const entries = of(topics.pointsEntry.name).map((value) => pointsEntry.parse(value));
    expect(entries.map(({ kind }) => kind).filter((kind) => kind.startsWith('books'))).toEqual([]);
    const numbers = entries.map(({ revision }) => revision);
    expect(numbers).toEqual([...new Set(numbers)].toSorted((left, right) => left - right));
    const reading = await rig.ledger.wallet(member(0));
    const { expiring: _, ...figures } = reading.balance;
    expect(entries.at(-1)).toMatchObject({ revision: reading.revision });
    expect(of(topics.pointsBalance.name).map((value) => pointsBalance.parse(value)).at(-1)).toMatchObject({ revision: reading.revision, debt: figures.debt, held: figures.held });
  });

  it('given three periods, when asked for a statement and for balances of the past, then pages and lots are as if there were one', async () => {
    const began = rig.clock.now();
    await yearsOf(1);
    const listed: number[] = [];
    let before: number | undefined;
    do {
      const page = await rig.services.showEntries.list(member(0), { limit: 4, before }, 'en');
      listed.push(...page.entries.map(({ revision }) => revision));
      before = page.next === null ? undefined : page.entries.at(-1)?.revision;
    } while (before !== undefined);
    expect(listed).toEqual(listed.toSorted((left, right) => right - left));
    expect([listed.length, listed[0]]).toEqual([10, (await rig.ledger.wallet(member(0))).revision]);
    for (const year of [0, 1, 2]) {
      const past = await rig.services.showBalance.balance(member(0), began + year * 10 * DAY + 1);
      expect(past).toMatchObject({ available: 90 * (year + 1) });
    }
    const lots = await rig.services.showBalance.lots(member(0), began + 20 * DAY + 1);
    expect(lots.lots.map(({ source }) => source)).toEqual(expect.arrayContaining(['ticket/a-1', 'ticket/a-2']));
  });

  it.each([
    ['a byte of a closed period is changed', `UPDATE event_store.event AS e SET data = replace(data, '[[100,', '[[101,') FROM event_store.stream AS s
      WHERE s.id = e.stream_id AND s.name LIKE '%1~1' AND data LIKE '%a-1%'`, { check: 'event', revision: 2 }],
    ['a word nobody folds is changed in a closed period', `UPDATE event_store.event AS e SET data = regexp_replace(data, '"[0-9a-f]{16}"', '"0123456789abcdef"') FROM event_store.stream AS s
      WHERE s.id = e.stream_id AND s.name LIKE '%1~1' AND e.revision = 2`, { check: 'event', revision: 2 }],
    ['the id of an event in a closed period is changed', `UPDATE event_store.event AS e SET event_id = gen_random_uuid() FROM event_store.stream AS s
      WHERE s.id = e.stream_id AND s.name LIKE '%1~1' AND e.revision = 3`, { check: 'event', revision: 3 }],
    ['an opening is forged', `UPDATE event_store.event AS e SET data = replace(data, '"debt\\":0', '"debt\\":1') FROM event_store.stream AS s
      WHERE s.id = e.stream_id AND s.name LIKE '%1~2' AND e.revision = 1`, { check: 'fold' }],
    ['the snapshot of a closed stream is changed', `UPDATE event_store.stream SET snapshot = set_byte(snapshot, 9, get_byte(snapshot, 9) # 1) WHERE name LIKE '%1~1'`, { check: 'snapshot' }],
    ['an entry stands where the books were closed', `INSERT INTO ledger.entry SELECT tenant, member_id, programme, point_type, 5, event_id, kind, points, occurred_at, recorded_at, NULL, NULL, NULL, 0, 0, 0, 0, 0
      FROM ledger.entry WHERE revision = 1 AND member_id LIKE '%1'`, { check: 'orphan', revision: 5 }],
  ])('given that %s, when verified, then it is found and the wallet named', async (_, damage, expected) => {
    await yearsOf(2);
    await rig.services.projector.catchUp();
    await sql(damage);
    const found = await difference();
    expect(found).toMatchObject({ wallet: member(1), ...expected });
    expect(found?.message).toContain(member(1).member);
  });

  it('given an opening that does not follow from what was closed, or an event after the end of a period, when projected, then the projector stands still and says why', async () => {
    await yearsOf(1);
    await rig.services.projector.catchUp();
    const event = (n: number) => ({ id: `00000000-0000-8000-8000-00000000000${n}`, type: 'WalletOpened', schemaVersion: 1, data: '[0]', recordedAt: NOON });
    const closed = walletStream(member(0), 1);
    const [{ revision } = { revision: 0 }] = await rig.dataSource.query<{ revision: number }[]>('SELECT revision FROM event_store.stream WHERE name = $1', [closed]);
    await rig.store.append([{ stream: closed, expectedRevision: revision, events: [event(1)] }]);
    await expect(rig.services.projector.catchUp()).rejects.toThrow('the books of period 1 are closed');
    const other = await openRig();
    try {
      await other.ledger.handleMany([earn(member(5), 'a', 1)]);
      await other.store.append([{ stream: walletStream(member(5), 2), expectedRevision: 'noStream', events: [event(2)] }]);
      await expect(other.services.projector.catchUp()).rejects.toThrow('period 1 is not closed');
    } finally {
      await other.close();
    }
  });
});
