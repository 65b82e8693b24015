import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Health, calendarOf, createHttpApplication, identifierToken, openDataSource } from '@trebol/chassis';
import type { MemberChanged } from '@trebol/contracts';
import { PostgresEventStore } from '@trebol/event-store';
import { Arrivals, type IncomingMessage } from '@trebol/messaging';
import { type PointsLedger, createPointsLedger, lotIdOf } from '@trebol/points';
import { type TestDatabase, eventually, fixedClock, freshDatabase, sequentialIds } from '@trebol/testing';
import { FindCard } from './member-card/find-card.ts';
import { settingsOf } from './settings.ts';
import { KnownMembers, LapseHolds, redemptionDatabase, redemptionModule } from './index.ts';

type App = Awaited<ReturnType<typeof createHttpApplication>>;
type DataSource = Awaited<ReturnType<typeof openDataSource>>;

const identifierKey = Buffer.alloc(32, 7);
const clock = fixedClock('2026-02-10T10:00:00Z');
const ids = sequentialIds();
const madrid = calendarOf('Europe/Madrid');
let database: TestDatabase;
let dataSource: DataSource;
let store: PostgresEventStore;
let ledger: PointsLedger;
/** Two processes with caches of their own over one database. */
let apps: readonly [App, App];
/** What goes wrong with the ledger of the first process, once. */
let trouble: 'none' | 'crashBefore' | 'crashAfter' | 'unknown' = 'none';

const policyOf = () => ({ reversal: 'unlimited', calendar: madrid }) as const;
const newLedger = () => createPointsLedger({ store, clock, policyOf, cacheMax: 1_000 });

function troubled(inner: PointsLedger): PointsLedger {
  return {
    ...inner,
    handle: async (wallet, command) => {
      const what = trouble;
      trouble = 'none';
      if (what === 'crashBefore') throw new Error('the process ended before the append');
      const outcome = await inner.handle(wallet, command);
      if (what === 'crashAfter') throw new Error('the process ended after the append');
      return what === 'unknown' ? { status: 'unknown', cause: new Error('no answer') } : outcome;
    },
  };
}

async function application(own: PointsLedger): Promise<App> {
  const app = await createHttpApplication(redemptionModule({ clock, dataSource, ledger: own, identifierKey, arrivalWaitMs: 0 }), {
    ids, health: new Health(clock), logger: false, documentation: { title: 'test', version: '0' },
    access: { keys: { verify: async (key: string) => {
      const [tenant = 'main', scope = '*'] = key.split('/');
      return { tenant, keyId: `key_${tenant}`, scopes: [scope] };
    } } },
  });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

beforeAll(async () => {
  database = await freshDatabase();
  dataSource = await openDataSource({ ...redemptionDatabase, url: database.url, poolMax: 8, applicationName: 'test' });
  store = await PostgresEventStore.open({ url: database.url, clock });
  ledger = newLedger();
  apps = [await application(troubled(ledger)), await application(newLedger())];
});

afterAll(async () => {
  for (const app of apps ?? []) await app.close();
  await store?.close();
  await dataSource?.destroy();
  await database?.drop();
});

interface Body {
  readonly holdId: string; readonly redemptionId: string; readonly memberId: string;
  readonly revision: number; readonly code?: string;
}
interface Call { readonly body?: unknown; readonly key?: string; readonly as?: string; readonly app?: 0 | 1 }

async function call(method: 'GET' | 'POST', url: string, { body, key, as = 'main', app = 0 }: Call = {}) {
  const response = await apps[app].inject({
    method, url, ...(body === undefined ? {} : { payload: body as object }),
    headers: { authorization: `Bearer ${as}`, ...(key === undefined ? {} : { 'idempotency-key': key }) },
  });
  return { status: response.statusCode, body: response.json() as Body, replayed: response.headers['idempotency-replayed'] };
}

const wallet = (member: string) => ({ tenant: 'main', programme: 'club', pointType: 'points', member });
const tokenOf = (value: string) => identifierToken(identifierKey, 'main', { kind: 'card', value });
const state = (memberId: string, more: Partial<MemberChanged> = {}): MemberChanged => ({
  memberId, change: 'enrolled', status: 'active', version: 1, enrolledAt: '2026-02-10T10:00:00.000Z', language: 'es',
  identifiers: [{ kind: 'card', token: tokenOf(`C-${memberId}`), status: 'active' }], consents: [], ...more,
});
const message = (value: unknown, key: string): IncomingMessage => ({
  topic: 'trebol.member.changed.v1', partition: 0, offset: 1n, key, id: ids.uuid(), type: 't', tenant: 'main', time: clock.now(),
  value: typeof value === 'string' ? value : JSON.stringify(value),
});
const tell = async (...values: readonly (MemberChanged | string)[]) => new KnownMembers(dataSource).apply({
  topic: 'trebol.member.changed.v1', partition: 0,
  messages: values.map((value) => message(value, typeof value === 'string' ? 'broken' : value.memberId)),
});

async function memberWith(points: number): Promise<string> {
  const memberId = ids.prefixed('mbr');
  await tell(state(memberId));
  if (points === 0) return memberId;
  const source = { kind: 'ticket', key: memberId };
  const outcome = await ledger.handle(wallet(memberId), {
    type: 'EarnPoints', commandId: memberId, occurredAt: clock.now(), source, contentHash: 'h', explanation: '[]',
    lots: [{
      lotId: lotIdOf(source, 0), points, availableFrom: clock.now(),
      expiresAt: madrid.endOfDay('2027-02-10'), validThrough: '2027-02-10',
    }],
  });
  expect(outcome.status).toBe('accepted');
  return memberId;
}
const balanceOf = async (memberId: string) => (await ledger.wallet(wallet(memberId))).balance;
const rowState = async (table: 'hold' | 'redemption', id: string): Promise<string | undefined> =>
  (await dataSource.query(`SELECT state FROM redemption.${table} WHERE ${table}_id = $1`, [id]))[0]?.state;
const lapse = async () => apps[0].get(LapseHolds, { strict: false }).runOnce(clock.now());

describe('redeeming', () => {
  it('given points, when a redemption is sent twice, then it is made once and answered the same', async () => {
    const memberId = await memberWith(500);
    const request = { body: { memberId, points: 120, ticket: '12~3~2026-02-10~184' }, key: 'redeem-1' };
    const first = await call('POST', '/v1/redemptions', request);
    expect(first).toMatchObject({ status: 201, body: {
      redemptionId: expect.stringMatching(/^rdm_[0-9a-f]{32}$/), points: 120, allocations: [{ points: 120 }],
      balance: { available: 380, held: 0, expiring: [{ validThrough: '2027-02-10', points: 380 }] }, asOf: '2026-02-10T10:00:00.000Z',
    } });
    expect(first.body.revision).toBe((await ledger.wallet(wallet(memberId))).revision);
    expect(await call('POST', '/v1/redemptions', request)).toEqual({ ...first, replayed: 'true' });
    expect(await call('POST', '/v1/redemptions', { ...request, app: 1 })).toEqual({ ...first, replayed: 'true' });
    expect((await balanceOf(memberId)).available).toBe(380);
    expect(await rowState('redemption', first.body.redemptionId)).toBe('done');
    expect(await call('POST', '/v1/redemptions', { ...request, body: { memberId, points: 121 } }))
      .toMatchObject({ status: 422, body: { code: 'idempotencyConflict' } });
  });

  it('given two tills in two processes and the last 100 points, then one wins and the other is told the true figures', async () => {
    for (let round = 0; round < 10; round += 1) {
      const memberId = await memberWith(100);
      const answers = await Promise.all(([0, 1] as const).map(async (app) =>
        call('POST', '/v1/redemptions', { body: { memberId, points: 100 }, key: `race-${round}-${app}`, app })));
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409]);
      expect(answers.find(({ status }) => status === 409)?.body)
        .toMatchObject({ code: 'insufficientPoints', available: 0, requested: 100 });
      expect((await balanceOf(memberId)).available).toBe(0);
    }
  });

  it('given a redemption, when it is cancelled in parts, each sent twice, then never more than all comes back', async () => {
    const memberId = await memberWith(100);
    const { redemptionId } = (await call('POST', '/v1/redemptions', { body: { memberId, points: 80 }, key: 'cancel-0' })).body;
    const url = `/v1/redemptions/${redemptionId}/cancel`;
    const part = await call('POST', url, { body: { points: 30 }, key: 'cancel-1' });
    expect(part).toMatchObject({ status: 200, body: { redemptionId, memberId, restored: 30, balance: { available: 50 } } });
    expect(await call('POST', url, { body: { points: 30 }, key: 'cancel-1' })).toEqual({ ...part, replayed: 'true' });
    expect(await call('POST', url, { body: { points: 51 }, key: 'cancel-2' }))
      .toMatchObject({ status: 422, body: { code: 'cancelExceedsRedemption', cancellable: 50 } });
    expect(await call('POST', url, { body: {}, key: 'cancel-3' }))
      .toMatchObject({ status: 200, body: { restored: 50, balance: { available: 100 } } });
    expect(await call('POST', '/v1/redemptions/rdm_none/cancel', { body: {}, key: 'cancel-4' }))
      .toMatchObject({ status: 404, body: { code: 'redemptionNotFound' } });
  });

  it.each(['crashBefore', 'crashAfter', 'unknown'] as const)(
    'given a process that meets "%s", when the till sends again, then the points are spent once', async (what) => {
    const memberId = await memberWith(100);
    const request = { body: { memberId, points: 60 }, key: `trouble-${what}` };
    trouble = what;
    expect((await call('POST', '/v1/redemptions', request)).status).toBe(what === 'unknown' ? 503 : 500);
    expect(await call('POST', '/v1/redemptions', { ...request, app: 1 }))
      .toMatchObject({ status: 201, body: { points: 60, balance: { available: 40 } }, replayed: undefined });
    expect((await balanceOf(memberId)).available).toBe(40);
  });

  it('given a spend whose process died and a member blocked since, when it is sent again, then it was done', async () => {
    const memberId = await memberWith(100);
    const request = { body: { memberId, points: 60 }, key: 'blocked-meanwhile' };
    trouble = 'crashAfter';
    await call('POST', '/v1/redemptions', request);
    await tell(state(memberId, { status: 'blocked', version: 2 }));
    expect(await call('POST', '/v1/redemptions', request)).toMatchObject({ status: 201, body: { balance: { available: 40 } } });
    expect(await call('POST', '/v1/redemptions', { ...request, key: 'blocked-new' }))
      .toMatchObject({ status: 409, body: { code: 'memberBlocked' } });
  });

  it('given answers forgotten long ago, when the key comes again, then the same is done already and another refused', async () => {
    const memberId = await memberWith(100);
    const request = { body: { memberId, points: 60 }, key: 'forgotten' };
    await call('POST', '/v1/redemptions', request);
    await dataSource.query('DELETE FROM redemption.idempotency');
    expect(await call('POST', '/v1/redemptions', request)).toMatchObject({ status: 201, body: { balance: { available: 40 } } });
    await dataSource.query('DELETE FROM redemption.idempotency');
    expect(await call('POST', '/v1/redemptions', { ...request, body: { memberId, points: 61 } }))
      .toMatchObject({ status: 422, body: { code: 'idempotencyConflict' } });
  });

  it('given too few points, then the figures are said; when more were earned, then the same request succeeds', async () => {
    const memberId = await memberWith(10);
    const request = { body: { memberId, points: 11 }, key: 'few' };
    expect(await call('POST', '/v1/redemptions', request))
      .toMatchObject({ status: 409, body: { code: 'insufficientPoints', available: 10, requested: 11 } });
    const source = { kind: 'ticket', key: 'more' };
    await ledger.handle(wallet(memberId), {
      type: 'EarnPoints', commandId: 'more', occurredAt: clock.now(), source, contentHash: 'h', explanation: '[]',
      lots: [{ lotId: lotIdOf(source, 0), points: 1, availableFrom: clock.now(), expiresAt: null, validThrough: null }],
    });
    expect((await call('POST', '/v1/redemptions', { ...request, app: 1 })).status).toBe(201);
  });

  it('given no key, a wrong field, an unknown member or a key without the scope, then each is refused', async () => {
    const memberId = await memberWith(10);
    const code = async (more: Call) => (await call('POST', '/v1/redemptions', more)).body.code;
    expect(await code({ body: { memberId, points: 1 } })).toBe('idempotencyKeyMissing');
    expect(await code({ body: { memberId, points: 0 }, key: 'k' })).toBe('invalidRequest');
    expect(await code({ body: { memberId, points: 1, rewardId: 'x' }, key: 'k' })).toBe('invalidRequest');
    expect(await code({ body: { memberId: `mbr_${'f'.repeat(32)}`, points: 1 }, key: 'k' })).toBe('memberNotFound');
    expect(await code({ body: { memberId, points: 1 }, key: 'k', as: 'other' })).toBe('memberNotFound');
    expect(await code({ body: { memberId, points: 1 }, key: 'k', as: 'main/members:read' })).toBe('forbidden');
  });
});

describe('holding', () => {
  const hold = async (memberId: string, key: string, more: object = {}) =>
    call('POST', '/v1/holds', { body: { memberId, points: 60, ...more }, key });

  it('given points, when they are held and captured in part, each sent twice, then the rest goes back once', async () => {
    const memberId = await memberWith(100);
    const placed = await hold(memberId, 'hold-1');
    expect(placed).toMatchObject({ status: 201, body: {
      holdId: expect.stringMatching(/^hld_[0-9a-f]{32}$/), expiresAt: '2026-02-10T10:15:00.000Z', allocations: [{ points: 60 }],
      balance: { available: 40, held: 60 },
    } });
    expect(await hold(memberId, 'hold-1')).toEqual({ ...placed, replayed: 'true' });
    const { holdId } = placed.body;
    expect(await call('POST', `/v1/holds/${holdId}/capture`, { body: { points: 61 }, key: 'cap-0' }))
      .toMatchObject({ status: 422, body: { code: 'captureExceedsHold', held: 60 } });
    const captured = await call('POST', `/v1/holds/${holdId}/capture`, { body: { points: 50 }, key: 'cap-1' });
    expect(captured).toMatchObject({ status: 200, body: { holdId, captured: 50, balance: { available: 50, held: 0 } } });
    expect(await call('POST', `/v1/holds/${holdId}/capture`, { body: { points: 50 }, key: 'cap-1', app: 1 }))
      .toEqual({ ...captured, replayed: 'true' });
    expect(await call('POST', `/v1/holds/${holdId}/release`, { body: {}, key: 'rel-0' }))
      .toMatchObject({ status: 409, body: { code: 'holdClosed', state: 'captured' } });
    // A captured hold is given back like a redemption.
    expect(await call('POST', `/v1/redemptions/${holdId}/cancel`, { body: {}, key: 'cap-back' }))
      .toMatchObject({ status: 200, body: { restored: 50, balance: { available: 100 } } });
    expect(await rowState('hold', holdId)).toBe('captured');
  });

  it('given a hold, when it is released twice, then the points are back once', async () => {
    const memberId = await memberWith(100);
    const { holdId } = (await hold(memberId, 'hold-2')).body;
    const released = await call('POST', `/v1/holds/${holdId}/release`, { key: 'rel-1' });
    expect(released).toMatchObject({ status: 200, body: { holdId, memberId, balance: { available: 100, held: 0 } } });
    expect(await call('POST', `/v1/holds/${holdId}/release`, { key: 'rel-1' })).toEqual({ ...released, replayed: 'true' });
    expect(await rowState('hold', holdId)).toBe('released');
    expect(await call('POST', '/v1/holds/hld_none/capture', { body: {}, key: 'cap-none' }))
      .toMatchObject({ status: 404, body: { code: 'holdNotFound' } });
  });

  it('given a week, then a hold may stand so long and not a minute longer', async () => {
    const memberId = await memberWith(200);
    expect(await hold(memberId, 'long-1', { minutes: 10_080 }))
      .toMatchObject({ status: 201, body: { expiresAt: '2026-02-17T10:00:00.000Z' } });
    expect(await hold(memberId, 'long-2', { minutes: 10_081 })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/minutes' }] } });
  });

  it('given a hold whose time is over, then it cannot be captured, and the sweep lets it go once', async () => {
    const memberId = await memberWith(100);
    const { holdId } = (await hold(memberId, 'due-1', { minutes: 1 })).body;
    expect(await lapse()).toBe(0);
    clock.advance(60_000);
    expect(await call('POST', `/v1/holds/${holdId}/capture`, { body: {}, key: 'due-cap' }))
      .toMatchObject({ status: 409, body: { code: 'holdExpired' } });
    // The sweepers of both processes are at it as well: the clock has moved.
    await lapse();
    await eventually(async () => (await rowState('hold', holdId)) === 'lapsed');
    expect(await balanceOf(memberId)).toMatchObject({ available: 100, held: 0 });
    const { revision } = await ledger.wallet(wallet(memberId));
    expect(await lapse()).toBe(0);
    expect((await ledger.wallet(wallet(memberId))).revision).toBe(revision);
  });

  it('given notes lost in a crash, when the time is over, then the sweep learns from the wallet what became of each', async () => {
    const memberId = await memberWith(1_000);
    const captured = (await hold(memberId, 'lost-1', { minutes: 1 })).body.holdId;
    await call('POST', `/v1/holds/${captured}/capture`, { body: {}, key: 'lost-cap' });
    await dataSource.query(`UPDATE redemption.hold SET state = 'open' WHERE hold_id = $1`, [captured]);
    trouble = 'crashBefore';
    expect((await hold(memberId, 'lost-2', { minutes: 1 })).status).toBe(500);
    trouble = 'crashAfter';
    expect((await hold(memberId, 'lost-3', { minutes: 1 })).status).toBe(500);
    expect((await balanceOf(memberId)).held).toBe(60);
    clock.advance(60_000);
    // The sweepers of both processes are at it as well, so how many this one finds is not known.
    await lapse();
    await eventually(async () => {
      const states = await dataSource.query('SELECT state FROM redemption.hold WHERE member_id = $1 ORDER BY state', [memberId]);
      expect(states).toEqual([{ state: 'captured' }, { state: 'lapsed' }, { state: 'refused' }]);
      return true;
    });
    expect(await balanceOf(memberId)).toMatchObject({ available: 940, held: 0 });
    // The one that never was may be asked again under its key, and stands for its time from now.
    expect(await hold(memberId, 'lost-2', { minutes: 1 }))
      .toMatchObject({ status: 201, body: { expiresAt: new Date(clock.now() + 60_000).toISOString() } });
  });

  it('given more due holds than one batch, then one sweep lets all go', async () => {
    const memberId = await memberWith(10);
    await dataSource.query(`INSERT INTO redemption.hold
      SELECT 'main', 'hld_many' || n, $1, 1, $2, $2, 'asked', $2, 'k', $2, 'k' FROM generate_series(1, 1001) AS n`,
    [memberId, new Date(clock.now())]);
    expect(await lapse()).toBeGreaterThanOrEqual(1_001);
    expect(await lapse()).toBe(0);
  });
});

describe('what is known of members', () => {
  const show = async (identifier: string, more: Call = {}) => call('GET', `/v1/till/member-card?identifier=${identifier}`, more);

  it('given a card, when it is shown, then the till is told what to say', async () => {
    const memberId = await memberWith(1_234);
    const shown = await show(`card:c-${memberId}`);
    const moneyValue = { amount: 1_234, currency: 'EUR' };
    expect(shown).toMatchObject({ status: 200, body: { memberId, available: 1_234, moneyValue, flags: [], revision: 2 } });
    expect(shown.body).not.toHaveProperty('displayName');
    expect((await show(`member:${memberId}`)).body).toEqual(shown.body);
    expect(await show('card:unknown')).toMatchObject({ status: 404, body: { code: 'memberNotFound' } });
    expect((await show(`card:C-${memberId}`, { as: 'other' })).status).toBe(404);
    expect((await show('phone:612345678')).status).toBe(422);
  });

  it('given a card that is handed over and shown at once, then the till waits a moment for it', async () => {
    const registrations = new Arrivals(clock);
    const cards = new FindCard(settingsOf({ clock, dataSource, ledger, identifierKey }), { dataSource, ledger, registrations });
    const memberId = ids.prefixed('mbr');
    const shown = [cards.find('main', { kind: 'card', value: `C-${memberId}` }), cards.find('main', { kind: 'member', value: memberId })];
    await new KnownMembers(dataSource, { registrations }).apply(
      { topic: 'trebol.member.changed.v1', partition: 0, messages: [message(state(memberId), memberId)] },
    );
    expect(await Promise.all(shown)).toMatchObject([{ memberId }, { memberId }]);
  });

  it('given a message delivered twice, and an older one after a newer, then the newest counts', async () => {
    const memberId = await memberWith(0);
    const next = state(memberId, { version: 2, identifiers: [{ kind: 'card', token: tokenOf('NEXT'), status: 'active' }] });
    await tell(next);
    await tell(next);
    await tell(state(memberId));
    expect((await show('card:NEXT')).status).toBe(200);
    expect((await show(`card:C-${memberId}`)).status).toBe(404);
    // Both in one batch, in the wrong order.
    const blocked = { kind: 'card', token: tokenOf('NEXT'), status: 'blocked' } as const;
    await tell(state(memberId, { version: 4, identifiers: [blocked] }), state(memberId, { version: 3 }));
    expect(await show('card:NEXT')).toMatchObject({ status: 409, body: { code: 'cardBlocked', kind: 'card' } });
    await tell(state(memberId, { version: 5, status: 'blocked' }));
    expect(await show(`card:C-${memberId}`)).toMatchObject({ status: 409, body: { code: 'memberBlocked', memberStatus: 'blocked' } });
  });

  it('given a card that moves to another member, in either order of the messages, then it names the new one', async () => {
    for (const order of ['oldFirst', 'newFirst'] as const) {
      const [from, to] = [await memberWith(0), await memberWith(0)];
      const moved = state(from).identifiers;
      const messages = [state(from, { version: 2, identifiers: [] }), state(to, { version: 2, identifiers: moved })];
      for (const one of order === 'oldFirst' ? messages : messages.toReversed()) await tell(one);
      expect((await show(`card:C-${from}`)).body.memberId).toBe(to);
    }
  });

  it('given a message that cannot be read, then it is a failure and the others are applied', async () => {
    const memberId = ids.prefixed('mbr');
    const failures = await tell('{', state(memberId));
    expect(failures).toHaveLength(1);
    expect((await show(`card:C-${memberId}`)).status).toBe(200);
  });
});
