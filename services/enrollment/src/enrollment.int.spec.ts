import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Health, createHttpApplication, identifierToken, openDataSource } from '@trebol/chassis';
import { memberChanged } from '@trebol/contracts';
import type { OutgoingMessage } from '@trebol/messaging';
import { type TestDatabase, eventually, fixedClock, freshDatabase, sequentialIds } from '@trebol/testing';
import { drawCodes } from './enroll-member/plan-enrolment.ts';
import { enrollmentDatabase, enrollmentModule } from './index.ts';

type App = Awaited<ReturnType<typeof createHttpApplication>>;
type DataSource = Awaited<ReturnType<typeof openDataSource>>;

const identifierKey = Buffer.alloc(32, 7);
const published: OutgoingMessage[] = [];
const clock = fixedClock('2026-02-10T10:00:00Z');
let database: TestDatabase;
let dataSource: DataSource;
let app: App;

beforeAll(async () => {
  database = await freshDatabase();
  dataSource = await openDataSource({ ...enrollmentDatabase, url: database.url, poolMax: 8, applicationName: 'test' });
  const bus = {
    publish: async (messages: readonly OutgoingMessage[]) => { published.push(...messages); },
    consume: async () => ({ stop: async () => undefined, lag: async () => 0 }),
    close: async () => undefined,
  };
  app = await createHttpApplication(enrollmentModule({ clock, ids: sequentialIds(), dataSource, bus, identifierKey }), {
    ids: sequentialIds(), health: new Health(clock), logger: false, documentation: { title: 'test', version: '0' },
    // The key names the tenant, and what it may do.
    access: { keys: { verify: async (key: string) => {
      const [tenant = 'main', scope = '*'] = key.split('/');
      return { tenant, keyId: `key_${tenant}`, scopes: [scope] };
    } } },
  });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});

afterAll(async () => {
  await app?.close();
  await dataSource?.destroy();
  await database?.drop();
});

type Identifiers = { readonly kind: string; readonly value: string; readonly status: string }[];
interface Body {
  readonly memberId: string; readonly identifiers: Identifiers; readonly referralCode: string;
  readonly version: number; readonly code?: string;
}
interface Call { readonly body?: unknown; readonly key?: string; readonly as?: string; readonly language?: string }

async function call(method: 'GET' | 'POST' | 'PATCH', url: string, { body, key, as = 'main', language = 'en' }: Call = {}) {
  const response = await app.inject({
    method, url, ...(body === undefined ? {} : { payload: body as object }),
    headers: { authorization: `Bearer ${as}`, 'accept-language': language, ...(key === undefined ? {} : { 'idempotency-key': key }) },
  });
  return { status: response.statusCode, body: response.json() as Body, replayed: response.headers['idempotency-replayed'] };
}

const enrol = async (body: unknown = {}, more: Call = {}) => (await call('POST', '/v1/members', { body, ...more })).body;
const messagesOf = (memberId: string) => published
  .filter(({ key }) => key === memberId).map(({ value }) => memberChanged.parse(JSON.parse(value)));
const rowsOf = async (memberId: string): Promise<number[]> => {
  const [counts] = await dataSource.query(`SELECT (SELECT count(*) FROM enrollment.member WHERE member_id = $1)::int AS member,
    (SELECT count(*) FROM enrollment.identifier WHERE member_id = $1)::int AS identifier,
    (SELECT count(*) FROM enrollment.outbox WHERE member_id = $1)::int AS outbox`, [memberId]);
  return [counts.member, counts.identifier, counts.outbox];
};

describe('enrolling', () => {
  const ana = {
    name: 'Ana Ruiz', email: 'Ana@Example.es', phone: '612 345 678', birthDate: '1980-02-29', homeStore: '12',
    consents: [{ purpose: 'offers', channel: 'email', granted: true, textVersion: 'v1' }],
  };

  it('given no card, when somebody enrols, then a card is issued and the answer and profile show it', async () => {
    const answer = await call('POST', '/v1/members', { body: ana });
    expect(answer.status).toBe(201);
    const { memberId, identifiers, referralCode } = answer.body;
    expect(identifiers).toEqual([
      { kind: 'email', value: 'ana@example.es', status: 'active' }, { kind: 'phone', value: '+34612345678', status: 'active' },
      { kind: 'card', value: expect.stringMatching(/^29\d{11}$/), status: 'active' },
    ]);
    const profile = (await call('GET', `/v1/members/${memberId}`)).body;
    expect(profile).toEqual({
      memberId, status: 'active', version: 1, enrolledAt: '2026-02-10T10:00:00.000Z', changedAt: '2026-02-10T10:00:00.000Z',
      name: 'Ana Ruiz', email: 'ana@example.es', phone: '+34612345678', birthDate: '1980-02-29', language: 'es', homeStore: '12',
      referralCode,
      identifiers: expect.arrayContaining(identifiers),
      consents: [{ purpose: 'offers', channel: 'email', granted: true, textVersion: 'v1', recordedAt: '2026-02-10T10:00:00.000Z' }],
    });
    for (const { kind, value } of identifiers) {
      expect((await call('GET', `/v1/members?identifier=${encodeURIComponent(`${kind}:${value}`)}`)).body.memberId).toBe(memberId);
    }
    expect((await call('GET', '/v1/members?identifier=phone:+34612345678')).body.memberId).toBe(memberId);
  });

  it('given an enrolment, then its message has tokens and the month of birth, and nothing that names a person', async () => {
    const { memberId } = (await call('GET', '/v1/members?identifier=email:ana@example.es')).body;
    const [first] = await eventually(() => messagesOf(memberId).length > 0 && messagesOf(memberId), 'the message');
    expect(first).toMatchObject({ change: 'enrolled', version: 1, birthMonth: 2, homeStore: '12', language: 'es' });
    expect(first?.identifiers.map(({ token }) => token))
      .toContain(identifierToken(identifierKey, 'main', { kind: 'phone', value: '+34612345678' }));
    const text = published.map(({ value }) => value).join('\n').toLowerCase();
    for (const secret of ['ana', 'ruiz', '612345678', 'example.es', '1980-02-29', '29000']) expect(text).not.toContain(`"${secret}`);
    expect(text).not.toContain('612345678');
  });

  it('given a key or an externalId, when the same enrolment is sent twice, then it is one member and the first answer again', async () => {
    const requests = [
      [{ name: 'K' }, 'key-1'], [{ name: 'E', externalId: 'crm-1' }, undefined], [{ externalId: 'crm-2' }, 'key-2'],
    ] as const;
    for (const [body, key] of requests) {
      const more = key === undefined ? { body } : { body, key };
      const first = await call('POST', '/v1/members', more);
      const second = await call('POST', '/v1/members', more);
      expect(second).toEqual({ ...first, replayed: 'true' });
      expect(await rowsOf(first.body.memberId)).toEqual([1, 1, 1]);
    }
  });

  it('given a key or externalId in use, when the body is another, then it is refused', async () => {
    expect(await call('POST', '/v1/members', { body: { name: 'X' }, key: 'key-1' }))
      .toMatchObject({ status: 422, body: { code: 'idempotencyConflict' } });
    expect(await call('POST', '/v1/members', { body: { name: 'X', externalId: 'crm-1' } }))
      .toMatchObject({ status: 409, body: { code: 'externalIdTaken' } });
    expect(await call('POST', '/v1/members', { body: {}, key: 'has space' }))
      .toMatchObject({ status: 422, body: { code: 'invalidRequest' } });
  });

  it('given one request sent eight times at once, then there is one member', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () =>
      call('POST', '/v1/members', { body: { externalId: 'rush', identifiers: [{ kind: 'card', value: 'RUSH-1' }] }, key: 'rush' })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.memberId)).size).toBe(1);
    expect(answers.filter(({ replayed }) => replayed === undefined)).toHaveLength(1);
  });

  it("given somebody else's identifier, then the kind is named, not whose, and nothing is written", async () => {
    const before = await dataSource.query('SELECT count(*) FROM enrollment.member');
    const refused = await call('POST', '/v1/members', { body: { email: 'new@example.es', phone: '612345678' }, language: 'es' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'identifierTaken', kind: 'phone', title: 'Identificador en uso' } });
    expect(JSON.stringify(refused.body)).not.toMatch(/mbr_|612345678/);
    expect(await dataSource.query('SELECT count(*) FROM enrollment.member')).toEqual(before);
    expect((await call('GET', '/v1/members?identifier=email:new@example.es')).status).toBe(404);
    // The same phone is free in another tenant.
    expect((await call('POST', '/v1/members', { body: { phone: '612345678' }, as: 'other' })).status).toBe(201);
  });

  it('given a referral code, then the advocate is kept; given an unknown one, then the field is pointed at', async () => {
    const advocate = await enrol();
    const typed = `${advocate.referralCode.slice(0, 3)}-${advocate.referralCode.slice(3)}`.toLowerCase();
    const { memberId } = await enrol({ referralCode: typed });
    expect(await dataSource.query('SELECT referred_by FROM enrollment.member WHERE member_id = $1', [memberId]))
      .toEqual([{ referred_by: advocate.memberId }]);
    expect(await call('POST', '/v1/members', { body: { referralCode: 'ZZZZZZZ' } }))
      .toMatchObject({ status: 422, body: { errors: [{ pointer: '/referralCode', message: 'no member has this referral code' }] } });
  });

  it.each([
    [{ email: 'x@' }, '/email'], [{ phone: '1' }, '/phone'],
    [{ birthDate: '2026-02-12' }, '/birthDate'], [{ birthDate: '1980-02-30' }, '/birthDate'],
    [{ identifiers: [{ kind: 'card', value: '2900000000000' }] }, '/identifiers/0/value'],
    [{ nombre: 'x' }, '/nombre'], [{ name: 'a\u0000b' }, '/name'],
  ])('given %j, then %s is pointed at', async (body, pointer) => {
    expect(await call('POST', '/v1/members', { body }))
      .toMatchObject({ status: 422, body: { code: 'invalidRequest', errors: [{ pointer }] } });
  });

  it('given a card number that is taken, when it is drawn, then another is drawn and the member enrols', async () => {
    // Ids in sequence make the next member's draw known.
    const after = (memberId: string) => `mbr_${(BigInt(`0x${memberId.slice(4)}`) + 1n).toString(16).padStart(32, '0')}`;
    const first = after((await enrol()).memberId);
    const taken = drawCodes(after(first), 0, '29').cardNumber;
    expect((await enrol({ identifiers: [{ kind: 'card', value: taken }] })).memberId).toBe(first);
    const drawn = await enrol();
    expect(drawn.memberId).toBe(after(after(first)));
    expect(drawn.identifiers).toEqual([{ kind: 'card', value: drawCodes(drawn.memberId, 1, '29').cardNumber, status: 'active' }]);
  });

  it('given a referral code that is taken, when it is drawn, then another is drawn and the member enrols', async () => {
    const after = (memberId: string) => `mbr_${(BigInt(`0x${memberId.slice(4)}`) + 1n).toString(16).padStart(32, '0')}`;
    const { memberId } = await enrol();
    const taken = drawCodes(after(memberId), 0, '29').referralCode;
    await dataSource.query('UPDATE enrollment.member SET referral_code = $2 WHERE member_id = $1', [memberId, taken]);
    const drawn = await enrol();
    expect(drawn).toMatchObject({ memberId: after(after(memberId)), referralCode: drawCodes(drawn.memberId, 1, '29').referralCode });
  });
});

describe('finding, changing, linking', () => {
  it('given another tenant, no scope, or no member, then nothing is shown', async () => {
    const { memberId } = await enrol();
    expect(await call('GET', `/v1/members/${memberId}`, { as: 'other' })).toMatchObject({ status: 404, body: { code: 'memberNotFound' } });
    expect((await call('GET', '/v1/members/nobody')).status).toBe(404);
    expect((await call('GET', `/v1/members/${memberId}`, { as: 'main/points:spend' })).status).toBe(403);
    expect((await call('GET', '/v1/members?identifier=fax:1')).status).toBe(422);
  });

  it('given a patch, when it is sent twice, then the profile changes once and one message says so', async () => {
    const { memberId } = await enrol({ email: 'patch@example.es' });
    clock.advance(1000);
    const no = { purpose: 'offers', channel: 'sms', granted: false };
    const patch = { name: 'Ana', email: 'moved@example.es', consents: [{ ...no, textVersion: 'v1' }] };
    const first = await call('PATCH', `/v1/members/${memberId}`, { body: patch });
    expect(first).toMatchObject({ status: 200, body: { version: 2, name: 'Ana', email: 'moved@example.es' } });
    expect(await call('PATCH', `/v1/members/${memberId}`, { body: patch })).toEqual(first);
    expect((await call('GET', '/v1/members?identifier=email:patch@example.es')).status).toBe(404);
    const messages = await eventually(() => messagesOf(memberId).length === 2 && messagesOf(memberId), 'two messages');
    expect(messages[1]).toMatchObject({ change: 'profileChanged', version: 2, consents: [no] });
    // The old address is free again, the new one is not.
    expect((await call('POST', '/v1/members', { body: { email: 'patch@example.es' } })).status).toBe(201);
    expect(await call('POST', '/v1/members', { body: { email: 'moved@example.es' } }))
      .toMatchObject({ status: 409, body: { kind: 'email' } });
    const cleared = await call('PATCH', `/v1/members/${memberId}`, { body: { email: null } });
    expect(cleared.body).not.toHaveProperty('email');
  });

  it('given a card, when it is linked, blocked and replaced, each twice, then each happens once', async () => {
    const { memberId } = await enrol({ identifiers: [{ kind: 'card', value: 'OLD-1' }] });
    const path = `/v1/members/${memberId}/identifiers`;
    for (const [url, body, status] of [
      [path, { kind: 'card', value: 'new-2' }, 201], [`${path}/block`, { kind: 'card', value: 'OLD-1', reason: 'lost' }, 200],
      [`${path}/replace`, { kind: 'card', value: 'NEW-2' }, 200],
    ] as const) {
      const first = await call('POST', url, { body });
      expect(first.status).toBe(status);
      expect(await call('POST', url, { body })).toEqual(first);
    }
    const { identifiers, version } = (await call('GET', `/v1/members/${memberId}`)).body;
    expect(version).toBe(4);
    expect(identifiers).toEqual(expect.arrayContaining([
      { kind: 'card', value: 'OLD-1', status: 'blocked' }, { kind: 'card', value: 'NEW-2', status: 'blocked' },
      { kind: 'card', value: expect.stringMatching(/^29\d{11}$/), status: 'active' },
    ]));
    expect(identifiers).toHaveLength(3);
    const messages = await eventually(() => messagesOf(memberId).length === 4 && messagesOf(memberId), 'four messages');
    expect(messages.map(({ change, version: of }) => `${of} ${change}`))
      .toEqual(['1 enrolled', '2 identifierLinked', '3 identifierBlocked', '4 identifierReplaced']);
    expect(messages[3]?.identifiers.map(({ status }) => status).toSorted()).toEqual(['active', 'blocked', 'blocked']);
  });

  it('given what may not be linked, blocked or replaced, then each is refused with its reason', async () => {
    const { memberId } = await enrol({ identifiers: [{ kind: 'card', value: 'MINE' }] });
    await enrol({ identifiers: [{ kind: 'card', value: 'THEIRS' }] });
    const path = `/v1/members/${memberId}/identifiers`;
    const refused = async (url: string, body: unknown) => (await call('POST', url, { body })).body.code;
    expect(await refused(path, { kind: 'card', value: 'THEIRS' })).toBe('identifierTaken');
    expect(await refused(`${path}/block`, { kind: 'card', value: 'THEIRS' })).toBe('identifierNotFound');
    expect(await refused(`${path}/replace`, { kind: 'card', value: 'MINE', newValue: 'mine' })).toBe('invalidRequest');
    expect(await refused(`${path}/replace`, { kind: 'card', value: 'MINE', newValue: 'THEIRS' })).toBe('identifierTaken');
    await call('POST', `${path}/replace`, { body: { kind: 'card', value: 'MINE', newValue: 'NEXT' } });
    expect(await refused(`${path}/replace`, { kind: 'card', value: 'MINE', newValue: 'OTHER' })).toBe('identifierReplaced');
    expect(await refused(path, { kind: 'card', value: 'MINE' })).toBe('identifierBlocked');
    await dataSource.query(`UPDATE enrollment.member SET status = 'blocked' WHERE member_id = $1`, [memberId]);
    expect(await refused(path, { kind: 'card', value: 'LATE' })).toBe('memberNotActive');
    expect(await refused('/v1/members/mbr_none/identifiers', { kind: 'card', value: 'LATE' })).toBe('memberNotFound');
  });

  it('given fifty identifiers, when one more is linked, then the limit is named', async () => {
    const { memberId } = await enrol({ identifiers: [{ kind: 'card', value: 'L-0' }] });
    for (let n = 1; n < 50; n += 1) await call('POST', `/v1/members/${memberId}/identifiers`, { body: { kind: 'card', value: `L-${n}` } });
    expect(await call('POST', `/v1/members/${memberId}/identifiers`, { body: { kind: 'card', value: 'L-50' } }))
      .toMatchObject({ status: 409, body: { code: 'memberLimitReached', max: 50 } });
    expect((await call('GET', `/v1/members/${memberId}`)).body.version).toBe(50);
  });

  it('given ten changes of one member at once, then the versions are 1 to 11 and are published in order', async () => {
    const { memberId } = await enrol({ identifiers: [{ kind: 'card', value: 'BUSY-0' }] });
    await Promise.all(Array.from({ length: 10 }, (_, n) =>
      call('POST', `/v1/members/${memberId}/identifiers`, { body: { kind: 'card', value: `BUSY-${n + 1}` } })));
    const messages = await eventually(() => messagesOf(memberId).length === 11 && messagesOf(memberId), 'eleven messages');
    expect(messages.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});
