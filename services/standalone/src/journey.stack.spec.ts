import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@trebol/testing';
import { type RequestRefused, TrebolClient } from './command-line/client.ts';
import { endLeftOver, refusal, type Served, trebol } from './testing/platform-process.ts';
import { shapes } from './testing/shapes.ts';

interface Balance { readonly available: number; readonly debt: number; readonly held: number }
interface Answered {
  readonly status: string;
  readonly balance: Balance;
  readonly points: { readonly earned: number; readonly reversed: number };
}

const CARD = '2900000000018';
const sale = (sequence: string, amount: number) => ({
  type: 'sale', storeId: 'madrid-1', workstationId: '1', businessDay: '2026-02-10', sequence, occurredAt: '2026-02-10T12:00:00+01:00', currency: 'EUR',
  identification: { kind: 'card', value: CARD }, lines: [{ line: 1, sku: 'A', quantity: 10, amount }],
});
const returned = (sequence: string, quantity: number, amount: number) => ({
  ...sale(sequence, amount), type: 'return', occurredAt: '2026-02-10T18:00:00+01:00', lines: [{
    line: 1, originalLine: 1, sku: 'A', quantity, amount,
  }],
  original: { storeId: 'madrid-1', workstationId: '1', businessDay: '2026-02-10', sequence: '1' },
});

/**
 * The black-box journey of the public surface, in every shape the platform runs in: enrol → buy → hold →
 * capture → return → expire → segment → export.
 */
describe.each(shapes)('a member of a chain whose platform runs $name', ({ serve }) => {
  let base: string;
  let served: Served;
  let client: TrebolClient;
  let memberId: string;

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'trebol-journey-'));
    served = await serve(base, ['--clock', '2026-02-10T11:00:00Z']);
    ({ client } = served);
    await client.put(
      '/v1/stores/madrid-1', { name: 'Madrid 1', zone: 'Europe/Madrid', currency: 'EUR', country: 'ES' }
    );
    const member = await client.post<{ memberId: string }>(
      '/v1/members', { identifiers: [{ kind: 'card', value: CARD }] }, 'enrol-1'
    );
    ({ memberId } = member);
    // Everybody who has to know the member does.
    await client.post('/v1/test-clock/settle', {});
  }, 120_000);
  afterAll(async () => {
    served.process.child.kill('SIGTERM');
    await served.process.ended;
    await endLeftOver(base);
    await rm(base, { recursive: true, force: true });
  }, 60_000);

  const balance = () => client.get<Balance>(`/v1/members/${memberId}/balance`);
  const advance = (to: string) => client.post('/v1/test-clock/advance', { to });

  it('given a card just enrolled, when it buys for 125.50, then it has 125 points with their reason; sent again nothing changes', async () => {
    const first = await eventually(async () => {
      const answer = await client.post<Answered>('/v1/transactions', sale('1', 12_550));
      return answer.status === 'posted' ? answer : undefined;
    });
    expect(first.balance.available).toBe(125);
    const again = await client.sendWithStatus<Answered>(
      'POST', '/v1/transactions', { body: sale('1', 12_550) }
    );
    expect(again.replayed).toBe(true);
    expect(again.body.balance.available).toBe(125);
    const { entries } = await client.get<{
      entries: { explanation: string[] }[],
    }>(`/v1/members/${memberId}/entries`);
    expect(entries.flatMap((entry) => entry.explanation).join()).toContain('125 points');
  });

  it('given the same ticket with other content, when it is sent, then it is refused and the balance stays', async () => {
    expect(
      (await refusal(client.post('/v1/transactions', sale('1', 99_900)))).problem.code
    ).toBe('ticketConflict');
    expect((await balance()).available).toBe(125);
  });

  it('given 125 points, when two tills redeem 100 at the same time, then one wins and the other is told the true figure', async () => {
    const redeem = (key: string) => client.post<{ balance: Balance }>(
      '/v1/redemptions', { memberId, points: 100 }, key
    );
    const answers = await Promise.allSettled([redeem('till-a'), redeem('till-b')]);
    const won = answers.filter((answer) => answer.status === 'fulfilled');
    const lost = answers.flatMap(
      (answer) => (answer.status === 'rejected' ? [answer.reason as RequestRefused] : [])
    );
    expect(won.map(({ value }) => value.balance.available)).toEqual([25]);
    expect(lost.map(({ problem }) => problem)).toEqual([
      expect.objectContaining({ code: 'insufficientPoints', available: 25, requested: 100 }),
    ]);
  });

  it('given a hold, when it is captured in part, then the rest comes back', async () => {
    const hold = await client.post<{ holdId: string; balance: Balance }>(
      '/v1/holds', { memberId, points: 20 }, 'hold-1'
    );
    expect(hold.balance).toMatchObject({ available: 5, held: 20 });
    const captured = await client.post<{ balance: Balance }>(
      `/v1/holds/${hold.holdId}/capture`, { points: 15 }, 'capture-1'
    );
    expect(captured.balance).toMatchObject({ available: 10, held: 0 });
  });

  it('given points already spent, when the purchase is returned in full, in two parts, then what was spent is debt', async () => {
    await client.post('/v1/transactions', returned('2', 4, 5_020));
    const second = await client.post<Answered>('/v1/transactions', returned('3', 6, 7_530));
    expect(second.points.reversed).toBeGreaterThan(0);
    expect(await balance()).toMatchObject({ available: 0, debt: 115 });
  });

  it('given a debt of 115, when 200 points are earned, then 115 repay it and 85 may be spent', async () => {
    await client.post('/v1/transactions', sale('4', 20_000));
    expect(await balance()).toMatchObject({ available: 85, debt: 0 });
  });

  it('given a year and a day, when the sandbox clock is moved, then the points have expired and the log balances', async () => {
    // The clock runs on: half an hour is left for what the platform does until it answers.
    await advance('2027-02-10T22:30:00Z');
    expect(await balance()).toMatchObject({ available: 85 });
    await advance('2027-02-10T23:00:00Z');
    expect(await balance()).toMatchObject({ available: 0, held: 0 });
    const { entries } = await client.get<{ entries: { kind: string }[] }>(`/v1/members/${memberId}/entries`);
    expect(entries[0]?.kind).toBe('expired');
  });

  it('given a clock that has gone, when it is to go back or past its end, or a live key asks, then it is refused', async () => {
    expect((await refusal(advance('2027-01-01T00:00:00Z'))).problem.code).toBe('clockGoesBack');
    expect((await refusal(advance('2999-01-01T00:00:00Z'))).problem.code).toBe('clockTooFar');
    const made = await trebol('--json', '--data', base, 'keys', 'create', '--scopes', '*', '--live');
    const { key } = JSON.parse(made.stdout) as { key: string };
    const live = new TrebolClient(served.url, key, 'en');
    expect(
      (await refusal(live.post('/v1/test-clock/advance', { to: '2027-03-01T00:00:00Z' }))).problem.code
    ).toBe('testKeyNeeded');
  }, 60_000);

  it('given the purchases as facts, when RFM runs and a group is exported, then the file holds the member', async () => {
    const run = await client.post<{
      groups: { segmentId: string; members: number }[],
    }>('/v1/segmentation/runs',
      {
        asOf: '2026-02-11T00:00:00+01:00', zone: 'Europe/Madrid', scoring: 'type1Quintiles', map: 'rf25',
      }, 'run-1');
    const group = run.groups.find((candidate) => candidate.members === 1);
    const made = await client.post<{ exportId: string; rows: number }>(
      '/v1/exports',
      { segmentId: group?.segmentId, destination: 'internal', purpose: 'journey', format: 'csv' }, 'export-1'
    );
    expect(made.rows).toBe(1);
    expect(await client.text(`/v1/exports/${made.exportId}/file`)).toContain(memberId);
  });

  it('given no key, when anything is asked, then the answer is 401; health needs none', async () => {
    expect((await fetch(`${served.url}/v1/stores`)).status).toBe(401);
    expect((await fetch(`${served.url}/readyz`)).status).toBe(200);
    const document = await (await fetch(`${served.url}/openapi.json`)).json() as {
      openapi: string;
      paths: object;
    };
    expect(document.openapi).toMatch(/^3\.0/);
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/v1/members/{id}', '/v1/members/{id}/balance', '/v1/imports', '/v1/holds', '/v1/exports',
      ])
    );
  });

  it('given a platform that runs, when an operator verifies it, rebuilds and looks for dead letters, then all is well', async () => {
    const verified = await trebol('--json', '--data', base, 'verify');
    expect(verified.code).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({ differences: [] });
    expect(await trebol('--json', '--data', base, 'rebuild', 'balances')).toMatchObject({ code: 0 });
    expect(
      JSON.parse((await trebol('--json', '--data', base, 'dlq', 'list')).stdout)
    ).toEqual({ deadLetters: [] });
    expect((await balance()).available).toBe(0);
  }, 60_000);
});
