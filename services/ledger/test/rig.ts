import { calendarYears, defaultProgramme, openDataSource, walletPolicies } from '@trebol/chassis';
import { topics } from '@trebol/contracts';
import { type EventStore, type LogProof, openEventStore } from '@trebol/event-store';
import { PostgresBus } from '@trebol/messaging';
import { type Addressed, type BookKeeper, createPointsLedger, lotIdOf, type PointsCommand, type PointsLedger, type WalletId } from '@trebol/points';
import { fixedClock, type FixedClock, preparedDatabase, realClock } from '@trebol/testing';
import type { DataSource } from 'typeorm';
import { ledgerEntities, ledgerMigrations, type LedgerParts, type LedgerServices, ledgerServices } from '../src/index.ts';

/** The whole service on a database of its own, under a clock that a test moves. Servers keep real time. */
export interface Rig {
  readonly clock: FixedClock;
  readonly store: EventStore;
  readonly bus: PostgresBus;
  readonly dataSource: DataSource;
  readonly ledger: PointsLedger & BookKeeper;
  readonly services: LedgerServices;
  /** The services once more, with empty memories: what a restart gives. */
  restarted(more?: Partial<LedgerParts>): LedgerServices;
  close(): Promise<void>;
}

export const NOON = Date.parse('2026-03-02T12:00:00Z');
export const DAY = 86_400_000;

const openStores = async (url: string) => ({
  store: await openEventStore({ url, clock: realClock }),
  bus: await PostgresBus.open({ url, clock: realClock, topics: [topics.pointsEntry, topics.pointsBalance] }),
  dataSource: await openDataSource({
    url, schema: 'ledger', entities: ledgerEntities, migrations: ledgerMigrations, poolMax: 8, applicationName: 'test',
  }),
});
const closeStores = async ({ store, bus, dataSource }: Awaited<ReturnType<typeof openStores>>): Promise<void> => {
  await bus.close();
  await store.close();
  await dataSource.destroy();
};

export async function openRig(): Promise<Rig> {
  const database = await preparedDatabase('ledger', async (url) => closeStores(await openStores(url)));
  const clock = fixedClock(NOON);
  const stores = await openStores(database.url);
  const { store, bus, dataSource } = stores;
  const periods = calendarYears('Europe/Madrid');
  const ledger = createPointsLedger({
    store, clock, cacheMax: 1_000, periodAt: (_, now) => periods.at(now), policyOf: walletPolicies(defaultProgramme),
  });
  const { proof } = store;
  if (proof === undefined) throw new Error('a log that proves itself');
  // Whoever damages rows here could mend the chain too: what tests look at is what is found behind it. Noted heads cannot be mended.
  const mended: LogProof = { ...proof, checkChain: async ({ noted = [] } = {}) => (noted.length === 0 ? [] : proof.checkChain({ noted })) };
  const eventStore = withProof(store, mended);
  const restarted = (more: Partial<LedgerParts> = {}): LedgerServices => ledgerServices({
    clock, dataSource, eventStore, bus, ledger, books: ledger,
    programme: defaultProgramme, ...more,
  });
  const services = restarted();
  return {
    clock, store, bus, dataSource, ledger, services, restarted,
    close: async () => {
      await services.projector.stop();
      await services.publisher.stop();
      await services.bookDue.background.stop();
      await services.closeBooks?.background.stop();
      await closeStores(stores);
      await database.drop();
    },
  };
}

/** The same store with another proof of its log, or none. */
export const withProof = (store: EventStore, proof: LogProof | undefined): EventStore =>
  Object.create(store, { proof: { value: proof } }) as EventStore;

/** The nth member. */
export const member = (n: number): WalletId => ({
  tenant: 'main', programme: 'club', pointType: 'points', member: `mbr_${n.toString(16).padStart(32, '0')}`,
});

const header = (commandId: string, occurredAt: number) => ({ commandId, occurredAt });

/** Points for a ticket; spendable at once and for 30 days unless said otherwise. */
export function earn(wallet: WalletId, ticket: string, how: number | { points: number; from?: number; days?: number; at?: number }): Addressed<PointsCommand> {
  const { points, ...more } = typeof how === 'number' ? { points: how } : how;
  const at = more.at ?? NOON;
  const source = { kind: 'ticket', key: ticket };
  const availableFrom = more.from ?? at;
  const expiresAt = availableFrom + (more.days ?? 30) * DAY;
  const explanation = JSON.stringify([{
    kind: 'perAmount', rule: 'base', version: 1, currency: 'EUR', eligible: points * 100, points: 1, per: 100, granted: points,
    validThrough: new Date(expiresAt - 1).toISOString().slice(0, 10),
  }]);
  return {
    wallet,
    command: {
      type: 'EarnPoints', ...header(ticket, at), source, contentHash: `hash of ${ticket} ${points}`, explanation,
      lots: points === 0 ? [] : [{
        lotId: lotIdOf(source, 0), points, availableFrom, expiresAt, validThrough: new Date(expiresAt - 1).toISOString().slice(0, 10),
      }],
    },
  };
}

/** A return that takes back part of what a ticket gave. */
export function reverse(wallet: WalletId, ticket: string, { by: correction, points }: { by: string; points: number }): Addressed<PointsCommand> {
  const source = { kind: 'ticket', key: ticket };
  return {
    wallet,
    command: {
      type: 'ReverseEarning', ...header(correction, NOON), source, correction: { kind: 'ticket', key: correction },
      contentHash: `hash of ${correction} ${points}`, explanation: '[]', lots: [{ lotId: lotIdOf(source, 0), points }],
    },
  };
}

export const redeem = (wallet: WalletId, redemptionId: string, points: number): Addressed<PointsCommand> =>
  ({ wallet, command: { type: 'RedeemPoints', ...header(redemptionId, NOON), redemptionId, points } });

export const hold = (wallet: WalletId, holdId: string, { points, expiresAt }: { points: number; expiresAt: number }): Addressed<PointsCommand> =>
  ({ wallet, command: { type: 'PlaceHold', ...header(holdId, NOON), holdId, points, expiresAt } });

/** A mixed history of some members: earnings, pending points, a return, redemptions, holds. */
export async function someHistory(rig: Rig, members = 7): Promise<void> {
  const commands: Addressed<PointsCommand>[] = [];
  for (let n = 0; n < members; n += 1) {
    const wallet = member(n);
    commands.push(earn(wallet, `t-${n}-1`, 100 + n), earn(wallet, `t-${n}-2`, { points: 50, from: NOON + 2 * DAY }), earn(wallet, `t-${n}-3`, 0));
    if (n % 2 === 0) commands.push(redeem(wallet, `r-${n}`, 80), reverse(wallet, `t-${n}-1`, { by: `return-${n}`, points: 60 }));
    if (n % 3 === 0) commands.push(hold(wallet, `h-${n}`, { points: 10, expiresAt: NOON + 60_000 }));
  }
  const outcomes = await rig.ledger.handleMany(commands);
  const bad = outcomes.find((outcome) => outcome.status === 'unknown');
  if (bad !== undefined) throw new Error('history was not written', { cause: bad });
}

/** All rows of both read models, in key order. */
export async function allRows(dataSource: DataSource): Promise<unknown> {
  const balances = await dataSource.query<unknown[]>('SELECT * FROM ledger.balance ORDER BY tenant, programme, point_type, member_id');
  const entries = await dataSource.query<unknown[]>('SELECT * FROM ledger.entry ORDER BY tenant, programme, point_type, member_id, revision');
  return { balances, entries };
}
