import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultProgramme, identifierToken, openDataSource, type Programme, walletPolicies } from '@trebol/chassis';
import type { Ids, MemberChanged, Quantity, Ticket, TicketLine } from '@trebol/contracts';
import { MemoryEventStore } from '@trebol/event-store';
import type { IncomingMessage, MessageBus, OutgoingMessage } from '@trebol/messaging';
import { createPointsLedger, type PointsLedger, type WalletId, type WalletReading } from '@trebol/points';
import { fixedClock, type FixedClock, preparedDatabase, sequentialIds } from '@trebol/testing';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { composeEarning, earningDatabase, type EarningServices } from '../src/index.ts';

export const NOON = Date.parse('2026-03-02T12:00:00+01:00');
export const TENANT = 'main';
const KEY = Buffer.alloc(32, 7);

/** A bus that keeps what was published. */
export class KeptBus implements MessageBus {
  readonly published: OutgoingMessage[] = [];
  /** Set to make the next publishes fail. */
  down = false;

  publish(messages: readonly OutgoingMessage[]): Promise<void> {
    if (this.down) return Promise.reject(new Error('the bus is down'));
    this.published.push(...messages);
    return Promise.resolve();
  }

  consume(): Promise<never> { return Promise.reject(new Error('nobody consumes here')); }
  close(): Promise<void> { return Promise.resolve(); }
}

/** The service on a database of its own with the real ledger in memory, under a clock that the test moves. */
export interface Rig {
  readonly clock: FixedClock;
  readonly dataSource: DataSource;
  readonly bus: KeptBus;
  readonly ledger: PointsLedger;
  readonly earning: EarningServices;
  readonly folder: string;
  readonly ids: Ids;
  readonly failures: unknown[];
  /** The service once more on the same data, with another ledger or programme when given: a restart, or a second process. */
  /** Nobody waits for a card's registration unless `arrivalWaitMs` says so. */
  restarted(ledger?: PointsLedger, arrivalWaitMs?: number, programme?: Programme): EarningServices;
  wallet(member: string, pointType?: string): Promise<WalletReading>;
  /** Makes a member known by a card. */
  enrol(member: string, card: string, change?: Partial<MemberChanged>): Promise<void>;
  /** Makes a consumer group of a bus begin again. */
  rewind(busUrl: string, group: string): Promise<void>;
  close(): Promise<void>;
}

export async function openRig({ programme = defaultProgramme }: { readonly programme?: Programme } = {}): Promise<Rig> {
  const openSource = (url: string): Promise<DataSource> => openDataSource({ url, ...earningDatabase, poolMax: 10, applicationName: 'test' });
  const database = await preparedDatabase('earning', async (url) => (await openSource(url)).destroy());
  const clock = fixedClock(NOON);
  const bus = new KeptBus();
  const failures: unknown[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'earning-'));
  const dataSource = await openSource(database.url);
  const store = new MemoryEventStore();
  const ledger = createPointsLedger({
    store, clock, cacheMax: 1_000, policyOf: walletPolicies(programme),
  });
  const restarted = (other: PointsLedger = ledger, arrivalWaitMs = 0, as: Programme = programme): EarningServices => composeEarning({
    clock, programme: as, ids: sequentialIds(
      failures.length + Math.trunc(performance.now() * 1_000),
    ), dataSource, bus, ledger: other, identifierKey: KEY, dataFolder: folder, arrivalWaitMs,
    onFailure: (_work, error) => failures.push(error),
  });
  const earning = restarted();
  await earning.stores.put(TENANT, { storeId: 's1', name: 'One', zone: 'Europe/Madrid', currency: 'EUR', country: 'Spain' });
  return {
    clock, dataSource, bus, ledger, earning, folder, failures, restarted, ids: sequentialIds(),
    wallet: (member, pointType) => ledger.wallet(walletOf(member, pointType)),
    enrol: async (member, card, change) => {
      await earning.members.apply({ topic: 't', partition: 0, messages: [memberMessage(member, card, change)] });
    },
    rewind: async (busUrl, group) => {
      const client = new pg.Client({ connectionString: busUrl });
      await client.connect();
      await client.query('UPDATE bus.group_offset SET position = 0 WHERE group_name = $1', [group]);
      await client.query('DELETE FROM bus.dead_letter');
      await client.end();
    },
    close: async () => {
      await store.close();
      await dataSource.destroy();
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
}

export const walletOf = (member: string, pointType = 'points'): WalletId => ({ tenant: TENANT, programme: 'club', pointType, member });
export const memberId = (n: number): string => `mbr_${n.toString(16).padStart(32, '0')}`;
export const tokenOf = (card: string): string => identifierToken(KEY, TENANT, { kind: 'card', value: card });

/** Enrollment's message about a member with one card. */
export function memberMessage(member: string, card: string, change: Partial<MemberChanged> = {}): IncomingMessage {
  const value: MemberChanged = {
    memberId: member, change: 'enrolled', status: 'active', version: 1, enrolledAt: '2026-01-01T00:00:00Z', language: 'es',
    identifiers: [{ kind: 'card', token: tokenOf(card), status: 'active' }], consents: [], ...change,
  };
  return {
    topic: 'trebol.member.changed.v1', partition: 0, offset: 0n, key: member, id: `${member}/${value.version}`, type: 't',
    tenant: TENANT, time: NOON,
    value: JSON.stringify(value),
  };
}

export const line = (n: number, amount: number, quantity = 1): TicketLine => ({ line: n, sku: `sku-${n}`, quantity, amount });

/** A sale of 2 March 2026 in store s1; `sequence` names it. */
export const sale = (sequence: string, lines: readonly TicketLine[], change: Partial<Ticket> = {}): Ticket => ({
  type: 'sale', storeId: 's1', workstationId: 't1', businessDay: '2026-03-02', sequence,
  occurredAt: '2026-03-02T11:00:00+01:00', currency: 'EUR',
  identification: { kind: 'card', value: 'C1' }, lines: [...lines], ...change,
});

/** A return or void of a sale of that day. */
export const correctionOf = (
  type: 'return' | 'void', sequence: string, original: string, back: readonly { line: number; quantity: Quantity }[],
): Ticket => ({
  type, storeId: 's1', workstationId: 't1', businessDay: '2026-03-02', sequence, occurredAt: '2026-03-02T11:30:00+01:00', currency: 'EUR',
  original: { storeId: 's1', workstationId: 't1', businessDay: '2026-03-02', sequence: original },
  lines: back.map(
    (gone, index) => ({ line: index + 1, sku: `sku-${gone.line}`, quantity: gone.quantity, amount: 0, originalLine: gone.line }),
  ),
});

export const keyOf = (sequence: string): string => `s1~t1~2026-03-02~${sequence}`;

/** Takes tickets as one batch of a line and waits until they are posted. */
export async function take(earning: EarningServices, tickets: readonly Ticket[], history = false): Promise<readonly string[]> {
  const open = earning.lines.open(TENANT);
  const taken = await open.offer(tickets, { history });
  await open.settled();
  return taken.map(({ status }) => status);
}
