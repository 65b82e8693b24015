import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Rig, openRig } from '../test/rig.ts';

let rig: Rig;
beforeAll(async () => { rig = await openRig(); });
afterAll(async () => rig?.close());

const LEASE_MILLISECONDS = 5_000;
const paths = { redemptions: '/v1/redemptions', holds: '/v1/holds' } as const;

describe.each(['redemptions', 'holds'] as const)('many %s at once', (what) => {
  const spend = async (memberId: string, points: number, key: string, app: 0 | 1 = 0) =>
    rig.call('POST', paths[what], { body: { memberId, points }, key, app });
  const left = async (memberId: string): Promise<number> => (await rig.balance(memberId)).available;

  it('given forty requests of two processes that share statements, then each gets its own answer', async () => {
    const members = await Promise.all(Array.from({ length: 40 }, () => rig.member(100)));
    const answers = await Promise.all(members.map((memberId, n) => spend(memberId, n + 1, `many-${what}-${n}`, n % 2 === 0 ? 0 : 1)));
    answers.forEach(({ status, body }, n) => {
      expect({ status, memberId: body['memberId'], points: body['points'] }).toEqual({ status: 201, memberId: members[n], points: n + 1 });
    });
    expect(await Promise.all(members.map(left))).toEqual(members.map((_, n) => 99 - n));
  });

  it('given one request twenty times at once in two processes, then it is done once and the others are in flight or the same answer', async () => {
    const memberId = await rig.member(100);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => spend(memberId, 10, `same-${what}`, n % 2 === 0 ? 0 : 1)));
    const [done] = answers.filter(({ status }) => status === 201);
    for (const one of answers) expect(one.status === 201 ? one.body : one.body['code']).toEqual(one.status === 201 ? done?.body : 'inFlight');
    expect(await left(memberId)).toBe(90);
  });

  it('given good and bad ones together, then each is told its own', async () => {
    const [rich, poor] = [await rig.member(100), await rig.member(5)];
    await spend(rich, 1, `mixed-${what}-used`);
    const answers = await Promise.all([
      spend(rich, 10, `mixed-${what}-1`), spend(poor, 10, `mixed-${what}-2`), spend(`mbr_${'f'.repeat(32)}`, 10, `mixed-${what}-3`),
      spend(rich, 2, `mixed-${what}-used`),
    ]);
    expect(answers.map(({ status, body }) => body['code'] ?? status))
      .toEqual([201, 'insufficientPoints', 'memberNotFound', 'idempotencyConflict']);
    expect([await left(rich), await left(poor)]).toEqual([89, 5]);
    // Nothing that was refused is remembered: its key is free at once.
    await rig.earn(poor, 5, `mixed-${what}-more`);
    expect((await spend(poor, 10, `mixed-${what}-2`)).status).toBe(201);
  });

  it('given a request whose process died after its claim, then it is in flight until the lease is over, and then done once', async () => {
    const memberId = await rig.member(100);
    await spend(memberId, 10, `lease-${what}`);
    // As the crash leaves it: appended, neither noted nor kept.
    await rig.dataSource.query('UPDATE redemption.idempotency SET status = NULL, body = NULL WHERE key = $1', [`lease-${what}`]);
    expect((await spend(memberId, 10, `lease-${what}`)).body['code']).toBe('inFlight');
    rig.clock.advance(LEASE_MILLISECONDS);
    expect(await spend(memberId, 10, `lease-${what}`, 1)).toMatchObject({ status: 201, replayed: undefined });
    expect(await left(memberId)).toBe(90);
  });
});
