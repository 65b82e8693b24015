import { afterEach, describe, expect, it } from '@jest/globals';
import { DuckDBInstance } from '@duckdb/node-api';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { MemberFact } from '../facts.ts';
import { FactsInUse, FactStore } from './fact-store.ts';
import { CRASH_BATCH_TICKETS, crashBatch, ticketFact } from './ticket.fixture.ts';

const folders: string[] = [];
const stores: FactStore[] = [];
const children: ChildProcess[] = [];

const freshFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'trebol-facts-'));
  folders.push(folder);
  return folder;
};
const opened = async (dataFolder: string): Promise<FactStore> => {
  const store = await FactStore.open({ dataFolder });
  stores.push(store);
  return store;
};
const freshFacts = async (): Promise<FactStore> => opened(await freshFolder());
const rows = (store: FactStore, sql: string): Promise<unknown> => store.read(async (connection) =>
  (await connection.run(sql)).getRowsJson());
const everything = async (store: FactStore): Promise<unknown> =>
  Promise.all(['SELECT * FROM ticket ORDER BY ALL', 'SELECT * FROM line ORDER BY ALL',
    'SELECT * FROM member ORDER BY ALL'].map((sql) => rows(store, sql)));
const member = (changes: Partial<MemberFact> = {}): MemberFact => ({ tenant: 'main', memberId: 'a', version: 1, status: 'active',
  ...changes });

/** A process that writes batches until it is killed. */
function writer(folder: string, from: number): { child: ChildProcess; written: AsyncIterator<string> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'crash-writer.fixture.ts'), folder, String(from)],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return { child, written: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}
async function killed(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) await killed(child);
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

describe('facts', () => {
  it('given tickets applied, when all are applied again from the first, then nothing changes', async () => {
    const store = await freshFacts();
    const changes = [
      { tickets: [ticketFact(), ticketFact({ transactionKey: '12~3~2026-02-10~185', memberId: undefined })], position: { topic: 't',
        partition: 0, offset: 1n } },
      { tickets: [ticketFact({ version: 2, status: 'quarantined', lines: [] })], members: [member()], position: { topic: 't',
        partition: 0, offset: 2n } },
      { members: [member({ version: 2, status: 'merged', mergedInto: 'b' })], position: { topic: 't', partition: 1, offset: 0n } },
    ];
    for (const change of changes) await store.apply(change);
    const before = [await everything(store), await store.factPositions()];
    for (const change of changes) await store.apply(change);
    expect([await everything(store), await store.factPositions()]).toEqual(before);
  });

  it('given a ticket, when a later version comes, then it replaces ticket and lines; an earlier one then changes nothing', async () => {
    const store = await freshFacts();
    await store.apply({ tickets: [ticketFact()] });
    const claimed = ticketFact({ version: 3, memberId: 'mbr_2', lines: [{ line: 1, sku: 'cheese', quantity: 1, amount: 400 }] });
    await store.apply({ tickets: [claimed] });
    await store.apply({ tickets: [ticketFact({ version: 2, memberId: 'mbr_9' })] });
    expect(await rows(store, 'SELECT version, member_id FROM ticket')).toEqual([[3, 'mbr_2']]);
    expect(await rows(store, 'SELECT member_id, sku, quantity, unit_price, amount FROM line')).toEqual([['mbr_2', 'cheese', '1',
      null, '400']]);
  });

  it('given versions of one key in a batch, and that key of another tenant, when applied, then each keeps its highest', async () => {
    const store = await freshFacts();
    await store.apply({ tickets: [ticketFact({ version: 2 }), ticketFact(), ticketFact({ tenant: 'other' })] });
    expect(await rows(store, 'SELECT tenant, version FROM ticket ORDER BY 1')).toEqual([['main', 2], ['other', 1]]);
    expect(await store.factCounts()).toEqual({ tickets: 2, lines: 4, members: 0 });
    expect(await store.factCounts('other')).toEqual({ tickets: 1, lines: 2, members: 0 });
  });

  it('given a change that cannot be applied whole, when it is applied, then nothing of it stays and the next one succeeds', async () => {
    const store = await freshFacts();
    const bad = ticketFact({ transactionKey: 'x', lines: [{ line: 1, sku: 'a', quantity: 1, unitPrice: 'no number', amount: 1 }] });
    await expect(store.apply({ members: [member()], tickets: [ticketFact(), bad] })).rejects.toThrow();
    expect(await store.factCounts()).toEqual({ tickets: 0, lines: 0, members: 0 });
    await store.apply({ tickets: [ticketFact()] });
    expect(await store.factCounts()).toEqual({ tickets: 1, lines: 2, members: 0 });
  });

  it('given many changes at once, one of them impossible, when applied, then only that one fails and the rest are durable', async () => {
    const store = await freshFacts();
    const impossible = [{ line: 1, sku: 'a', quantity: 1, unitPrice: 'no number', amount: 1 }];
    const bad = ticketFact({ transactionKey: '12~3~2026-02-10~bad', lines: impossible });
    const changes = Array.from({ length: 30 }, (_, index) =>
      ({ tickets: index === 13 ? [bad] : crashBatch(index), position: { topic: 't', partition: index % 3, offset: BigInt(index) } }));
    const outcomes = await Promise.allSettled(changes.map((change) => store.apply(change)));
    expect(outcomes.map(({ status }) => status === 'rejected')).toEqual(changes.map((_, index) => index === 13));
    expect(await store.factCounts()).toEqual({ tickets: 29 * CRASH_BATCH_TICKETS, lines: 58 * CRASH_BATCH_TICKETS, members: 0 });
    expect((await store.factPositions()).map(({ offset }) => offset)).toEqual([27n, 28n, 29n]);
  });

  it('given members in any order, when applied, then the highest version stands and tells who is no longer active', async () => {
    const store = await freshFacts();
    await store.apply({ members: [member({ version: 3, status: 'erased' }), member({ version: 2 }), member({ memberId: 'b' })] });
    await store.apply({ members: [member({ version: 2, status: 'blocked' }), member({ memberId: 'c', status: 'blocked' })] });
    expect([...await store.inactiveAmong('main', ['a', 'b', 'c', 'unheard'])].sort()).toEqual(['a', 'c']);
    expect(await store.inactiveAmong('other', ['a'])).toEqual(new Set());
  });

  it('given positions, when the heads of the topics are further, then the lag is the difference', async () => {
    const store = await freshFacts();
    await store.apply({ position: { topic: 't', partition: 0, offset: 9n } });
    expect(await store.factsLag([{ topic: 't', partition: 0, offset: 11n }, { topic: 't', partition: 1, offset: 0n }])).toBe(3);
    expect(await store.factsLag([{ topic: 't', partition: 0, offset: 9n }])).toBe(0);
  });
});

describe('the facts file', () => {
  it('given open facts, when this process opens them again, then it is refused until they are closed', async () => {
    const folder = await freshFolder();
    const first = await opened(folder);
    await expect(FactStore.open({ dataFolder: folder })).rejects.toThrow(FactsInUse);
    await first.apply({ tickets: [ticketFact()] });
    await first.close();
    await expect(first.apply({})).rejects.toThrow('closed');
    expect(await (await opened(folder)).factCounts()).toEqual({ tickets: 1, lines: 2, members: 0 });
  });

  it('given facts of another schema version, when opened, then they are refused by name and let go of', async () => {
    const folder = await freshFolder();
    const store = await opened(folder);
    await store.close();
    const raw = await DuckDBInstance.create(join(folder, 'facts', 'facts.duckdb'));
    const connection = await raw.connect();
    await connection.run('UPDATE fact_schema SET version = 99');
    connection.closeSync();
    raw.closeSync();
    await expect(FactStore.open({ dataFolder: folder })).rejects.toThrow('have version 99');
    await expect(FactStore.open({ dataFolder: folder })).rejects.toThrow('have version 99');
  });

  it('given the settings, when DuckDB is asked, then nothing can be fetched and memory, threads and spills are bounded', async () => {
    const store = await freshFacts();
    const found = await rows(store, `SELECT current_setting('autoinstall_known_extensions'), current_setting('autoload_known_extensions'),
      current_setting('memory_limit'), current_setting('threads'), current_setting('temp_directory') LIKE '%/facts/temporary'`);
    expect(found).toEqual([[false, false, '244.1 MiB', '2', true]]);
  });

  it('given a process that writes, when it is killed again and again, then what it had confirmed is there, nothing is half there',
    async () => {
    const folder = await freshFolder();
    let tickets = 0;
    for (const confirmations of [1, 3, 7, 12]) {
      const { child, written } = writer(folder, tickets / CRASH_BATCH_TICKETS);
      let confirmed = -1;
      for (let count = 0; count < confirmations; count += 1) confirmed = Number((await written.next()).value);
      await expect(FactStore.open({ dataFolder: folder })).rejects.toThrow(`open in another process (PID ${child.pid})`);
      await killed(child);
      const store = await opened(folder);
      const counts = await store.factCounts();
      expect(counts.tickets).toBeGreaterThanOrEqual((confirmed + 1) * CRASH_BATCH_TICKETS);
      expect(counts.tickets % CRASH_BATCH_TICKETS).toBe(0);
      expect(counts.lines).toBe(counts.tickets * 2);
      ({ tickets } = counts);
      await store.close();
    }
    const store = await opened(folder);
    for (let batch = 0; batch * CRASH_BATCH_TICKETS < tickets; batch += 1) await store.apply({ tickets: crashBatch(batch) });
    expect(await store.factCounts()).toEqual({ tickets, lines: tickets * 2, members: 0 });
  }, 60_000);
});
