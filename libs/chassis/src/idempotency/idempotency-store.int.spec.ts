import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fixedClock, freshDatabase } from '@trebol/testing';
import type { DataSource } from 'typeorm';
import { openDataSource } from '../database/open-data-source.ts';
import { Problem } from '../problems/problem.ts';
import { idempotencyMigration } from './idempotency.migration.ts';
import { type Answer, IdempotencyStore } from './idempotency-store.ts';

describe('idempotency store', () => {
  const clock = fixedClock('2026-03-01T08:00:00Z');
  let database: { url: string; drop(): Promise<void> };
  let dataSource: DataSource;
  let store: IdempotencyStore;
  let done: number;

  beforeAll(async () => {
    database = await freshDatabase();
    dataSource = await openDataSource({
      url: database.url, schema: 'redemption', migrations: [idempotencyMigration('redemption')], poolMax: 4, applicationName: 'spec',
    });
    store = new IdempotencyStore(dataSource, clock);
  });

  beforeEach(async () => {
    done = 0;
    await dataSource.query('TRUNCATE idempotency');
  });

  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const request = (body: unknown = { points: 5, memberId: 'm' }, key = 'k1') => ({ tenant: 'main', operation: 'holds.create', key, body });
  const work = (): Promise<Answer> => Promise.resolve({ status: 201, body: { z: ++done, a: [1] } });
  /** Work that waits until it is let go. */
  const slowWork = () => {
    const gate = Promise.withResolvers<Answer>();
    const begun = Promise.withResolvers<void>();
    return { gate, begun, work: () => { begun.resolve(); return gate.promise; } };
  };

  it('given a key used before with the same body, then the first answer comes again and nothing is done', async () => {
    await expect(store.run(request(), work)).resolves.toEqual({ status: 201, body: { z: 1, a: [1] }, replayed: false });
    const again = await store.run(request({ memberId: 'm', points: 5 }), work);
    expect(again).toEqual({ status: 201, body: { z: 1, a: [1] }, replayed: true });
    expect(JSON.stringify(again.body)).toBe('{"z":1,"a":[1]}');
    expect(done).toBe(1);
  });

  it('given a key used with another body, then it is refused; another operation or tenant is another request', async () => {
    await store.run(request(), work);
    await expect(store.run(request({ points: 6 }), work)).rejects.toMatchObject({ code: 'idempotencyConflict', status: 422 });
    await store.run({ ...request(), operation: 'transfers.create' }, work);
    await store.run({ ...request(), tenant: 'other' }, work);
    expect(done).toBe(3);
  });

  it('given the same request in flight, then it is refused until it has answered', async () => {
    const slow = slowWork();
    const first = store.run(request(), slow.work);
    await slow.begun.promise;
    await expect(store.run(request(), work)).rejects.toMatchObject({ code: 'inFlight', status: 409 });
    await expect(store.run(request({ points: 6 }), work)).rejects.toMatchObject({ code: 'idempotencyConflict' });
    slow.gate.resolve({ status: 201, body: 'first' });
    await first;
    await expect(store.run(request(), work)).resolves.toMatchObject({ body: 'first', replayed: true });
  });

  it('given twenty at once, then the work is done once', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => store.run(request(), work)));
    expect(done).toBe(1);
    const codes = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'answer' : (outcome.reason as Problem).code));
    expect(codes.filter((code) => code !== 'answer' && code !== 'inFlight')).toEqual([]);
    expect(codes).toContain('answer');
  });

  it('given a request whose process died, when its lease is over, then the next takes over and a late answer does not count', async () => {
    const slow = slowWork();
    const dead = store.run(request(), slow.work);
    await slow.begun.promise;
    clock.advance(29_999);
    await expect(store.run(request(), work)).rejects.toMatchObject({ code: 'inFlight' });
    clock.advance(1);
    await expect(store.run(request(), work)).resolves.toMatchObject({ body: { z: 1 }, replayed: false });
    slow.gate.resolve({ status: 201, body: 'late' });
    await expect(dead).resolves.toMatchObject({ body: { z: 1 }, replayed: true });
  });

  it('given work that fails, then the error passes and the next request does the work at once', async () => {
    const refused = new Problem('overloaded');
    await expect(store.run(request(), () => Promise.reject(refused))).rejects.toBe(refused);
    await expect(store.run(request(), work)).resolves.toMatchObject({ replayed: false });
  });

  it('given a lease that was taken over, when the first holder fails late, then the second keeps its claim', async () => {
    const [first, second] = [slowWork(), slowWork()];
    const failing = store.run(request(), first.work);
    await first.begun.promise;
    clock.advance(30_000);
    const taking = store.run(request(), second.work);
    await second.begun.promise;
    first.gate.reject(new Error('late'));
    await expect(failing).rejects.toThrow('late');
    await expect(store.run(request(), work)).rejects.toMatchObject({ code: 'inFlight' });
    second.gate.resolve({ status: 201, body: 'second' });
    await expect(taking).resolves.toMatchObject({ body: 'second', replayed: false });
  });

  it('given an answer without a body, then its replay has none', async () => {
    await store.run(request(), () => Promise.resolve({ status: 204, body: undefined }));
    await expect(store.run(request(), work)).resolves.toEqual({ status: 204, body: undefined, replayed: true });
  });

  it('given answers older than 48 hours, when forgotten, then at most a batch goes at a time and younger ones stay', async () => {
    for (const key of ['a', 'b', 'c']) await store.run(request({}, key), work);
    clock.advance(48 * 3_600_000 + 1);
    await store.run(request({}, 'young'), work);
    await expect(store.forgetExpired(2)).resolves.toBe(2);
    await expect(store.forgetExpired(2)).resolves.toBe(1);
    await expect(store.forgetExpired(2)).resolves.toBe(0);
    await expect(store.run(request({}, 'young'), work)).resolves.toMatchObject({ replayed: true });
  });
});
