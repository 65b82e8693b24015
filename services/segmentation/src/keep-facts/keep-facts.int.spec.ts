import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MemberChanged } from '@trebol/contracts';
import type { IncomingMessage, MessageBatch } from '@trebol/messaging';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ratedMessage } from '../online-retail.fixture.ts';
import { FactStore } from './fact-store.ts';
import { KeepFacts } from './keep-facts.ts';
import { ticketFact } from './ticket.fixture.ts';

const topic = 'trebol.earning.ticket-rated.v1';
const batch = (messages: readonly IncomingMessage[]): MessageBatch => ({ topic, partition: 2, messages });
const memberMessage = (tenant: string, changes: Partial<MemberChanged>, offset: number): IncomingMessage => {
  const value: MemberChanged = {
    memberId: `mbr_${'a'.repeat(32)}`, change: 'enrolled', status: 'active', version: 1, enrolledAt: '2026-01-01T00:00:00Z', language: 'es',
    identifiers: [], consents: [], ...changes,
  };
  const name = 'trebol.member.changed.v1';
  return { topic: name, partition: 0, offset: BigInt(offset), key: value.memberId, id: `${offset}`, type: name, tenant, time: 0,
    value: JSON.stringify(value) };
};

describe('messages become facts', () => {
  let folder: string;
  let store: FactStore;
  let keepFacts: KeepFacts;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trebol-facts-'));
    store = await FactStore.open({ dataFolder: folder });
    keepFacts = new KeepFacts(store);
  });
  afterAll(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  it('given rated tickets delivered twice, one unreadable, when kept, then the other is there once and that one is a failure', async () => {
    const good = ticketFact({ tenant: 'tickets' });
    const unreadable = { ...ratedMessage(ticketFact({ tenant: 'tickets', transactionKey: '12~3~2026-02-10~9',
      memberId: undefined }), 6), value: '{' };
    for (let delivery = 0; delivery < 2; delivery += 1) {
      const failures = await keepFacts.ticketsRated(batch([ratedMessage(good, 5), unreadable]));
      expect(failures.map(({ message, code }) => [message.offset, code])).toEqual([[6n, 'unreadable']]);
    }
    expect(await store.factCounts('tickets')).toEqual({ tickets: 1, lines: 2, members: 0 });
    expect(await store.factPositions()).toEqual([{ topic, partition: 2, offset: 6n }]);
    const kept = await store.read(async (connection) =>
      (await connection.run("SELECT category, unit_price FROM line WHERE tenant = 'tickets' ORDER BY line")).getRowsJson());
    expect(kept).toEqual([[null, '1.250000'], [null, '10.000000']]);
  });

  it('given a ticket whose key names another day, when kept, then it is a failure, because it could never be found again', async () => {
    const wrong = ratedMessage(ticketFact({ tenant: 'days', transactionKey: '12~3~2026-02-09~184' }), 7);
    const failures = await keepFacts.ticketsRated(batch([wrong]));
    expect(failures[0]?.detail).toContain('/transactionKey: does not carry the business day');
    expect((await store.factCounts('days')).tickets).toBe(0);
  });

  it('given changes of a member delivered twice, when kept, then its last state stands', async () => {
    const changes = [memberMessage('members', {}, 0), memberMessage('members', { version: 2, status: 'blocked', change: 'blocked' }, 1)];
    for (let delivery = 0; delivery < 2; delivery += 1) expect(await keepFacts.membersChanged({ topic: 'm', partition: 0,
      messages: changes })).toEqual([]);
    expect(await store.factCounts('members')).toEqual({ tickets: 0, lines: 0, members: 1 });
    expect((await store.inactiveAmong('members', [`mbr_${'a'.repeat(32)}`])).size).toBe(1);
  });
});
