import { createHash } from 'node:crypto';
import type { Exchange } from './open-api-reader.ts';

interface Sent { readonly body?: unknown; readonly text?: string; readonly type?: string; readonly key?: string }
type Answer = Readonly<Record<string, string>>;

/** Asks a platform over HTTP and keeps what was said. */
export class Caller {
  readonly exchanges: Exchange[] = [];
  /** Ids of the members that were enrolled, by name. */
  readonly members = new Map<string, string>();
  private sent = 0;

  constructor(private readonly url: string, public apiKey: string) {}

  /** Every request has an Idempotency-Key of its own unless it is given one. */
  async ask(method: string, path: string, { body, text, type, key }: Sent = {}): Promise<Answer> {
    this.sent += 1;
    const content = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const answer = await fetch(`${this.url}${path}`, {
      method, headers: {
        authorization: `Bearer ${this.apiKey}`, 'idempotency-key': key ?? `tour-${this.sent}`, 'accept-language': 'en',
        ...(content === undefined ? {} : { 'content-type': type ?? 'application/json' }),
      }, ...(content === undefined ? {} : { body: content }),
    });
    const told = await answer.text();
    const of = answer.headers.get('content-type') ?? '';
    const parsed = /json/.test(of) ? JSON.parse(told) as Answer : undefined;
    this.exchanges.push({ method, path, status: answer.status, type: of, body: parsed });
    return parsed ?? { text: told };
  }

  idOf(name: string): string { return this.members.get(name) ?? ''; }
  get(path: string): Promise<Answer> { return this.ask('GET', path); }
  post(path: string, body?: unknown, key?: string): Promise<Answer> {
    return this.ask('POST', path, { body, ...(key === undefined ? {} : { key }) });
  }
}

const DAY = '2026-02-10';
const STORE = { name: 'Madrid 1', zone: 'Europe/Madrid', currency: 'EUR', country: 'ES' };
const line = (amount: number) => ({ line: 1, sku: 'A', quantity: 1, amount });
/** Sold at a till, for as many cents, by whoever shows the card. */
const sale = (sequence: string, amount: number, card?: string) => ({
  type: 'sale', storeId: 'm1', workstationId: '1', businessDay: DAY, sequence, occurredAt: `${DAY}T12:00:00+01:00`, currency: 'EUR',
  ...(card === undefined ? {} : { identification: { kind: 'card', value: card } }), lines: [line(amount)],
});
const returned = (sequence: string, of: string, amount: number) => ({
  ...sale(sequence, amount), type: 'return', lines: [{ ...line(amount), originalLine: 1 }],
  original: { storeId: 'm1', workstationId: '1', businessDay: DAY, sequence: of },
});
const keyOf = (sequence: string): string => `m1~1~${DAY}~${sequence}`;
const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** Points that the tour puts into wallets and takes out, by what they are counted under. */
export const TOUR_POINTS = {
  // Sales of 300.00, 5.00 by batch, 7.00 claimed, 40.00 imported.
  earned: 300 + 5 + 7 + 40, reversed: 5, adjusted: 50 + 2_000, redeemed: 30, captured: 15, cancelled: 10,
  // Eva's 5 points, which Ana sent her, pay what is not waived of her card; there is nothing left to forfeit.
  feeCharged: 15, feeWaived: 10,
} as const;

/** Tickets of the tour by what became of them; a preview is none, and what is no ticket is not counted. */
export const TOUR_TICKETS = { rated: 4, noMember: 1, quarantined: 1, rejected: 1, refused: 1 } as const;

/** Visits every operation of the public surface at least once, each with what it is for. A sandbox's clock stands at noon of 2026-02-10. */
export async function tourSurface(caller: Caller): Promise<void> {
  await members(caller);
  await tickets(caller);
  await spending(caller);
  await segments(caller);
  await caller.post('/v1/test-clock/advance', { to: '2027-03-01T12:00:00Z' });
}

const ANA = '2900000000018';
const EVA = '2900000000025';

async function enrol(caller: Caller, name: string, card: string): Promise<void> {
  const { memberId } = await caller.post('/v1/members', { name, identifiers: [{ kind: 'card', value: card }] });
  caller.members.set(name, memberId ?? '');
}

async function members(caller: Caller): Promise<void> {
  await caller.ask('PUT', '/v1/stores/m1', { body: STORE });
  await caller.get('/v1/stores?limit=10');
  await enrol(caller, 'Ana', ANA);
  await enrol(caller, 'Eva', EVA);
  await enrol(caller, 'Twin', '2900000000032');
  const ana = `/v1/members/${caller.idOf('Ana')}`;
  await caller.get(ana);
  await caller.get(`/v1/members?identifier=card:${ANA}`);
  await caller.ask('PATCH', ana, { body: { homeStore: 'm1', consents: [{ purpose: 'news', channel: 'email', granted: true, textVersion: '1' }] } });
  await caller.post(`${ana}/identifiers`, { kind: 'email', value: 'ana@example.org' });
  await caller.post(`${ana}/identifiers/block`, { kind: 'email', value: 'ana@example.org', reason: 'lost' });
  await caller.post(`/v1/members/${caller.idOf('Eva')}/identifiers/replace`, { kind: 'card', value: EVA });
  await caller.post(`/v1/members/${caller.idOf('Twin')}/merge`, { into: caller.idOf('Eva') });
  await caller.post(`/v1/members/${caller.idOf('Twin')}/merge`, { into: caller.idOf('Ana') });
  await caller.get(`/v1/members/mbr_${digest('nobody')}`);
  await caller.post('/v1/test-clock/settle');
}

async function tickets(caller: Caller): Promise<void> {
  await caller.post('/v1/transactions/preview', sale('1', 30_000, ANA));
  await caller.post('/v1/transactions', sale('1', 30_000, ANA));
  await caller.post('/v1/transactions', sale('1', 30_100, ANA));
  await caller.post('/v1/transactions/batch', { tickets: [sale('2', 500, ANA), { ...sale('3', 1), currency: 'GBP' }, { type: 'sale' }] });
  await caller.post('/v1/transactions', returned('4', '2', 500));
  await caller.post('/v1/transactions', returned('5', '2', 500));
  await caller.post('/v1/transactions', sale('6', 700));
  await caller.post(`/v1/transactions/${keyOf('6')}/claim`, { memberId: caller.idOf('Ana') });
  await caller.post(`/v1/transactions/${keyOf('1')}/claim`, { memberId: caller.idOf('Eva') });
  await caller.get(`/v1/transactions/${keyOf('1')}`);
  await caller.get(`/v1/transactions/${keyOf('99')}`);
  const file = `${JSON.stringify(sale('7', 4_000, ANA))}\n{"type":"sale"}\n`;
  const made = await caller.ask('POST', '/v1/imports?format=ndjson&name=day', { text: file, type: 'application/x-ndjson' });
  const job = `/v1/imports/${made['importId'] ?? ''}`;
  while ((await caller.get(job))['endedAt'] === null) await caller.post('/v1/test-clock/settle');
  await caller.get(`${job}/rejects`);
  const { versions } = await caller.get('/v1/rules') as unknown as { versions: { programme: object; rules: { effect: object }[] }[] };
  const [base] = versions;
  const rules = base?.rules.map((rule) => ({ ...rule, effect: { perAmount: { points: 2, per: 100 } } }));
  const applied = await caller.post('/v1/rules/versions', { programme: base?.programme, rules });
  await caller.post(`/v1/rules/versions/${applied['version'] ?? ''}/activate`, { from: '2026-12-01T00:00:00Z' });
  await caller.post(`/v1/rules/versions/${applied['version'] ?? ''}/activate`, { from: '2026-12-01T00:00:00Z' });
}

async function spending(caller: Caller): Promise<void> {
  const [memberId, wallet] = [caller.idOf('Ana'), `/v1/members/${caller.idOf('Ana')}`];
  for (const reading of ['balance', 'lots', 'entries']) await caller.get(`${wallet}/${reading}`);
  await caller.get(`/v1/till/member-card?identifier=card:${ANA}`);
  await caller.get('/v1/till/member-card?identifier=card:1');
  const hold = await caller.post('/v1/holds', { memberId, points: 20 });
  await caller.post(`/v1/holds/${hold['holdId'] ?? ''}/capture`, { points: 15 });
  await caller.post(`/v1/holds/${hold['holdId'] ?? ''}/capture`, { points: 1 });
  const other = await caller.post('/v1/holds', { memberId, points: 5 });
  await caller.post(`/v1/holds/${other['holdId'] ?? ''}/release`);
  const spent = await caller.post('/v1/redemptions', { memberId, points: 30 }, 'till-1');
  await caller.post('/v1/redemptions', { memberId, points: 31 }, 'till-1');
  await caller.post('/v1/redemptions', { memberId, points: 1_000_000 });
  await caller.post(`/v1/redemptions/${spent['redemptionId'] ?? ''}/cancel`, { points: 10 });
  await caller.post(`/v1/redemptions/${spent['redemptionId'] ?? ''}/cancel`, { points: 100 });
  for (const answer of ['accept', 'return']) {
    const sent = await caller.post('/v1/transfers', { from: memberId, to: caller.idOf('Eva'), points: 5 });
    await caller.post(`/v1/transfers/${sent['transferId'] ?? ''}/${answer}`);
  }
  await caller.post('/v1/adjustments', { memberId, points: 50, reasonCode: 'goodwill' });
  const large = await caller.post('/v1/adjustments', { memberId, points: 2_000, reasonCode: 'goodwill' });
  await caller.post(`/v1/adjustments/${large['adjustmentId'] ?? ''}/approve`);
  await asAnother(caller, () => caller.post(`/v1/adjustments/${large['adjustmentId'] ?? ''}/approve`));
  const frozen = await caller.post(`/v1/wallets/${memberId}/freeze`, { mode: 'all', reason: 'fraud' });
  await caller.post('/v1/redemptions', { memberId, points: 1 });
  await caller.post(`/v1/wallets/${memberId}/unfreeze`, { freezeId: frozen['freezeId'] });
  const eva = `/v1/wallets/${caller.idOf('Eva')}`;
  await caller.post(`${eva}/fee`, { points: TOUR_POINTS.feeCharged });
  await caller.post(`${eva}/fee/waive`, { points: TOUR_POINTS.feeWaived });
  await caller.post(`${eva}/fee/waive`, { points: 1 });
  await caller.post(`${eva}/forfeit`, { reason: 'closure' });
  await caller.post('/v1/redemptions', { memberId, points: 1, pointType: 'gold' });
}

/** With a key that is made for it and ended afterwards. */
async function asAnother(caller: Caller, work: () => Promise<unknown>): Promise<void> {
  const made = await caller.post('/v1/keys', { name: 'second', kind: 'test', scopes: ['points:approve'] });
  await caller.get('/v1/keys?state=all');
  const own = caller.apiKey;
  caller.apiKey = made['key'] ?? '';
  await work();
  await caller.get('/v1/stores');
  caller.apiKey = own;
  await caller.ask('DELETE', `/v1/keys/${made['keyId'] ?? ''}`);
}

async function segments(caller: Caller): Promise<void> {
  await caller.post('/v1/test-clock/settle');
  const run = await caller.post('/v1/segmentation/runs', {
    asOf: '2026-02-11T00:00:00+01:00', zone: 'Europe/Madrid', scoring: 'type1Quintiles', map: 'rf25',
  }) as unknown as { runId: string; groups: { segmentId: string; members: number }[] };
  await caller.post('/v1/segmentation/runs', { asOf: '2026-02-11T00:00:00Z', zone: 'UTC', scoring: 'type1Quintiles', map: 'none' });
  await caller.get(`/v1/segmentation/runs/${run.runId}`);
  await caller.get('/v1/segments');
  const segmentId = run.groups.find(({ members }) => members > 0)?.segmentId ?? '';
  await caller.get(`/v1/segments/${segmentId}/members`);
  const made = await caller.post('/v1/exports', { segmentId, destination: 'internal', purpose: 'tour', format: 'csv' });
  for (const part of ['', '/file', '/manifest']) await caller.get(`/v1/exports/${made['exportId'] ?? ''}${part}`);
  const facts = await caller.post('/v1/segmentation/facts');
  for (const part of ['', '/ticket', '/line', '/member']) await caller.get(`/v1/segmentation/facts/${facts['factsId'] ?? ''}${part}`);
}
