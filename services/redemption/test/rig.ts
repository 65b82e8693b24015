import {
  Health, calendarOf, createHttpApplication, defaultProgramme, identifierToken, openDataSource, type Programme, walletPolicies,
} from '@trebol/chassis';
import type { MemberChanged } from '@trebol/contracts';
import { PostgresEventStore } from '@trebol/event-store';
import type { MessageFailure } from '@trebol/messaging';
import {
  type BookKeeper, originOf, type PointsLedger, type Wallet, type WalletBalance, type WalletId, createPointsLedger, lotIdOf, verifyStream, walletStream,
} from '@trebol/points';
import { type FixedClock, fixedClock, preparedDatabase, sequentialIds } from '@trebol/testing';
import type { DataSource } from 'typeorm';
import { KnownMembers, LapseHolds, MergeWallets, SweepTransfers, redemptionDatabase, redemptionModule } from '../src/index.ts';

export const identifierKey = Buffer.alloc(32, 7);
const madrid = calendarOf('Europe/Madrid');

export interface Call { readonly body?: object; readonly key?: string; readonly as?: string; readonly app?: 0 | 1 }
export interface Answer {
  readonly status: number; readonly replayed: unknown;
  readonly body: Record<string, unknown> & { readonly transferId: string; readonly adjustmentId: string; readonly freezeId: string; readonly holdId: string };
}

/** Where the first process ends: before or after its n-th command from now (0 is the next one). */
export interface Crash { readonly at: number; readonly when: 'before' | 'after' }

/** Two processes over one database and one log, the first of which can be made to end; and a third that only sweeps. */
export interface Rig {
  readonly clock: FixedClock;
  readonly dataSource: DataSource;
  readonly ledger: PointsLedger & BookKeeper;
  readonly transfers: SweepTransfers;
  readonly merges: MergeWallets;
  readonly holds: LapseHolds;
  crash(crash: Crash | undefined): void;
  call(method: 'GET' | 'POST', url: string, call?: Call): Promise<Answer>;
  wallet(member: string, pointType?: string): WalletId;
  balance(member: string, pointType?: string): Promise<WalletBalance>;
  /** The wallet folded from its stream of a period, the first one when left out, every state of it checked. */
  folded(member: string, period?: number): Promise<Wallet>;
  /** What each event of a wallet's first stream was recorded because of. */
  causes(member: string): Promise<readonly (string | undefined)[]>;
  earn(member: string, points: number, key?: string, pointType?: string): Promise<void>;
  /** A known member with so many points. */
  member(points?: number): Promise<string>;
  /** What enrollment says of a member; `awake`: to a process whose background work wakes of it. */
  tell(member: string, change?: Partial<MemberChanged>, how?: 'asleep' | 'awake'): Promise<readonly MessageFailure[]>;
  close(): Promise<void>;
}

/** The ledger of a process that may end at a command. */
function crashing(inner: PointsLedger, next: () => Crash['when'] | undefined): PointsLedger {
  return {
    ...inner,
    handle: async (wallet, command) => {
      const when = next();
      if (when === 'before') throw new Error('the process ended before the append');
      const outcome = await inner.handle(wallet, command);
      if (when === 'after') throw new Error('the process ended after the append');
      return outcome;
    },
  };
}

type App = Awaited<ReturnType<typeof createHttpApplication>>;

/** `returnWindowDays`: days for which wallets remember what happened in a closed period; the programme's own when left out. */
export async function openRig(
  { returnWindowDays, programme = defaultProgramme }: { readonly returnWindowDays?: number; readonly programme?: Programme } = {},
): Promise<Rig> {
  const clock = fixedClock('2026-02-10T10:00:00Z');
  const openStores = async (url: string) => ({
    dataSource: await openDataSource({ ...redemptionDatabase, url, poolMax: 8, applicationName: 'test' }),
    store: await PostgresEventStore.open({ url, clock }),
  });
  const database = await preparedDatabase('redemption', async (url) => {
    const opened = await openStores(url);
    await opened.store.close();
    await opened.dataSource.destroy();
  });
  const ids = sequentialIds();
  const { dataSource, store } = await openStores(database.url);
  const policyOf = walletPolicies({ ...programme, ...(returnWindowDays === undefined ? {} : { returnWindowDays }) });
  const newLedger = (): PointsLedger & BookKeeper => createPointsLedger({ store, clock, policyOf, cacheMax: 1_000 });
  const ledger = newLedger();
  let left: Crash | undefined;
  const next = (): Crash['when'] | undefined => {
    const now = left;
    left = now === undefined || now.at === 0 ? undefined : { ...now, at: now.at - 1 };
    return now?.at === 0 ? now.when : undefined;
  };
  // Their own sweepers never wake: this clock stands still for them, the test sweeps.
  const application = async (own: PointsLedger): Promise<App> => {
    const app = await createHttpApplication(redemptionModule({ clock: sleepless(clock), dataSource, ledger: own, identifierKey, programme }), {
      ids, health: new Health(clock), logger: false, documentation: { title: 'test', version: '0' },
      access: { keys: { verify: async (key: string) => {
        const [tenant = 'main', scope = '*', name = tenant] = key.split('/');
        return { tenant, keyId: `key_${name}`, scopes: [scope] };
      } } },
    });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    return app;
  };
  const apps = [await application(crashing(ledger, next)), await application(newLedger())] as const;
  const wallet = (member: string, pointType = 'points'): WalletId => ({ tenant: 'main', programme: 'club', pointType, member });
  const members = new KnownMembers(dataSource, { programme });
  const rig: Rig = {
    clock, dataSource, ledger, wallet,
    transfers: apps[1].get(SweepTransfers, { strict: false }), merges: apps[1].get(MergeWallets, { strict: false }),
    holds: apps[1].get(LapseHolds, { strict: false }),
    crash: (crash) => { left = crash; },
    call: async (method, url, { body, key, as = 'main', app = 0 } = {}) => {
      const response = await apps[app].inject({
        method, url, ...(body === undefined ? {} : { payload: body }),
        headers: { authorization: `Bearer ${as}`, ...(key === undefined ? {} : { 'idempotency-key': key }) },
      });
      return { status: response.statusCode, body: response.json<Answer['body']>(), replayed: response.headers['idempotency-replayed'] };
    },
    balance: async (member, pointType) => (await ledger.wallet(wallet(member, pointType))).balance,
    folded: async (member, period) => {
      const events = await Array.fromAsync(store.readStream(walletStream(wallet(member), period)));
      const { wallet: folded, violations } = verifyStream(events);
      if (violations.length > 0) throw new Error(violations.join('\n'));
      return folded;
    },
    causes: async (member) =>
      (await Array.fromAsync(store.readStream(walletStream(wallet(member))))).map((event) => originOf(event)?.causationId),
    earn: async (member, points, key = member, pointType = 'points') => {
      const source = { kind: 'ticket', key };
      const validThrough = madrid.addMonths(madrid.dayOf(clock.now()), 12);
      const outcome = await ledger.handle(wallet(member, pointType), {
        type: 'EarnPoints', commandId: key, occurredAt: clock.now(), source, contentHash: 'h', explanation: '[]',
        lots: [{ lotId: lotIdOf(source, 0), points, availableFrom: clock.now(), expiresAt: madrid.endOfDay(validThrough), validThrough }],
      });
      if (outcome.status !== 'accepted') throw new Error(`not earned: ${JSON.stringify(outcome)}`);
    },
    member: async (points = 0) => {
      const memberId = ids.prefixed('mbr');
      await rig.tell(memberId);
      if (points > 0) await rig.earn(memberId, points);
      return memberId;
    },
    tell: async (memberId, change = {}, how = 'asleep') => {
      const token = identifierToken(identifierKey, 'main', { kind: 'card', value: `C-${memberId}` });
      const value: MemberChanged = {
        memberId, change: 'enrolled', status: 'active', version: 1, enrolledAt: '2026-02-10T10:00:00.000Z', language: 'es',
        identifiers: [{ kind: 'card', token, status: 'active' }], consents: [], ...change,
      };
      const message = {
        topic: 't', partition: 0, offset: 1n, key: memberId, id: ids.uuid(), type: 't', tenant: 'main', time: clock.now(),
        value: JSON.stringify(value),
      };
      const to = how === 'awake' ? apps[1].get(KnownMembers, { strict: false }) : members;
      return to.apply({ topic: 't', partition: 0, messages: [message] });
    },
    close: async () => {
      for (const app of apps) await app.close();
      await store.close();
      await dataSource.destroy();
      await database.drop();
    },
  };
  return rig;
}

/** The same time, but whoever sleeps wakes only when told to stop. */
const sleepless = (clock: FixedClock): FixedClock => ({
  ...clock, now: () => clock.now(),
  sleep: async (_milliseconds, signal) => new Promise<void>((resolve) => {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener('abort', () => { resolve(); }, { once: true });
  }),
});
