import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import { type Ticket, topics } from '@trebol/contracts';
import { BusTransport, type MessageBatch, PostgresBus } from '@trebol/messaging';
import { eventually, freshDatabase, realClock } from '@trebol/testing';
import { correctionOf, keyOf, line, memberId, openRig, type Rig, sale, take, TENANT } from '../../test/rig.ts';
import { earningModule } from '../index.ts';

const ANA = memberId(1);
const TOPIC = topics.ticket.name;
let rig: Rig;

beforeEach(async () => {
  rig = await openRig();
  await rig.enrol(ANA, 'C1');
});
afterEach(() => rig.close());

const available = async (): Promise<number> => (await rig.wallet(ANA)).balance.available;
const statusOf = async (sequence: string) => (await rig.earning.tickets.show(TENANT, keyOf(sequence), 'en')).status;
const values = (tickets: readonly (Ticket | string)[]): readonly string[] =>
  tickets.map((ticket) => (typeof ticket === 'string' ? ticket : JSON.stringify(ticket)));
const batchOf = (tickets: readonly (Ticket | string)[], tenant = TENANT): MessageBatch => ({
  topic: TOPIC, partition: 0,
  messages: values(tickets).map((value, index) => ({
    topic: TOPIC, partition: 0, offset: BigInt(index), key: `k${index}`, id: `m${index}`, type: TOPIC, tenant, time: rig.clock.now(), value,
  })),
});
const failed = async (batch: MessageBatch) => (await rig.earning.topic.apply(batch))
  .map(({ message, code, detail }) => [batch.messages.indexOf(message), code, detail]);

describe('tickets from the bus', () => {
  it('given a batch of every outcome, delivered twice, then each is as by HTTP, once, and only what cannot be a ticket is a failure', async () => {
    await take(rig.earning, [sale('9', [line(1, 900)])]);
    const batch = batchOf([
      sale('1', [line(1, 1_000, 2)]), correctionOf('return', '2', '1', [{ line: 1, quantity: 1 }]),
      sale('3', [line(1, 500)], { identification: { kind: 'card', value: 'C9' } }), sale('9', [line(1, 100)]), 'no json', '{"type":"sale"}',
      sale('4', [line(1, 100)], { storeId: 'nowhere' }), correctionOf('return', '5', '1', [{ line: 1, quantity: 9 }]),
      sale('6', [line(1, 100)], { businessDay: '2025-03-02', occurredAt: '2025-03-02T10:00:00+01:00' }),
    ]);
    for (let delivery = 0; delivery < 2; delivery += 1) {
      expect((await failed(batch)).map(([index, code]) => [index, code])).toEqual([[4, 'unreadable'], [5, 'schemaMismatch'], [6, 'unknownStore']]);
      expect(await available()).toBe(14);
    }
    expect(await Promise.all(['1', '2', '3', '5', '9'].map(statusOf))).toEqual(['posted', 'posted', 'noMember', 'rejected', 'posted']);
    expect((await rig.earning.tickets.show(TENANT, 's1~t1~2025-03-02~6', 'en')).status).toBe('tooOld');
    expect(await rig.dataSource.query('SELECT transaction_key FROM earning.quarantine')).toEqual([{ transaction_key: keyOf('9') }]);
    await rig.enrol(memberId(9), 'C9');
    expect(await statusOf('3')).toBe('posted');
  });

  it('given the same ticket by HTTP and by topic, in either order, then it is one effect', async () => {
    const [first, second] = [sale('1', [line(1, 1_000)]), sale('2', [line(1, 1_000)])];
    await rig.earning.tickets.take(TENANT, first, 'en');
    await rig.earning.topic.apply(batchOf([first, second]));
    expect(await rig.earning.tickets.take(TENANT, second, 'en')).toMatchObject({ replayed: true, answer: { status: 'posted' } });
    expect(await available()).toBe(20);
  });

  it('given tenants mixed in one batch, then each has its own stores and keys', async () => {
    const mixed = batchOf([sale('1', [line(1, 1_000)])]);
    const messages = [...mixed.messages, ...batchOf([sale('1', [line(1, 1_000)])], 'other').messages];
    expect((await rig.earning.topic.apply({ ...mixed, messages })).map(({ message }) => message.tenant)).toEqual(['other']);
    expect(await available()).toBe(10);
  });

  it('given a ledger that fails, then the batch is handed over again and counts once', async () => {
    let down = true;
    const flaky = rig.restarted({ ...rig.ledger, handleMany: async (commands) => {
      if (!down) return rig.ledger.handleMany(commands);
      down = false;
      throw new Error('not now');
    } });
    const batch = batchOf([sale('1', [line(1, 1_000)])]);
    await expect(flaky.topic.apply(batch)).rejects.toThrow('not now');
    for (let delivery = 0; delivery < 2; delivery += 1) expect(await flaky.topic.apply(batch)).toEqual([]);
    await flaky.sweeper.runOnce({ graceSeconds: 0 });
    expect(await available()).toBe(10);
  });

  it('given a batch of 1,000 tickets, then it is recognised with as many queries as one of ten', async () => {
    const counted = async (tickets: readonly Ticket[]): Promise<number> => {
      const [before] = await rig.dataSource.query(`SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()`) as [{ xact_commit: string }];
      await rig.earning.topic.apply(batchOf(tickets));
      await rig.dataSource.query('SELECT pg_stat_force_next_flush()');
      const [after] = await rig.dataSource.query(`SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()`) as [{ xact_commit: string }];
      return Number(after.xact_commit) - Number(before.xact_commit);
    };
    const many = (n: number, from: number) => Array.from({ length: n }, (_, index) => sale(String(from + index), [line(1, 100)]));
    await counted(many(10, 1));
    expect(await counted(many(1_000, 1_000))).toBeLessThan(40);
    expect(await available()).toBe(1_010);
  });

  it('given the real bus, when the whole topic is read again from its beginning, then nothing changes; what cannot be read is a dead letter', async () => {
    const database = await freshDatabase();
    const open = () => PostgresBus.open({ url: database.url, clock: realClock, topics: Object.values(topics) });
    const consumed = async (bus: PostgresBus, publish: () => Promise<void>) => {
      const parts = { clock: rig.clock, ids: rig.ids, dataSource: rig.dataSource, bus, ledger: rig.ledger, identifierKey: Buffer.alloc(32, 7), dataFolder: rig.folder };
      const transport = new BusTransport(bus);
      const app = await NestFactory.createMicroservice(earningModule(parts, rig.earning), { strategy: transport, logger: false });
      await app.listen();
      await publish();
      await eventually(async () => await transport.lag() === 0, 'everything is consumed');
      await app.close();
    };
    const messages = [...values(Array.from({ length: 300 }, (_, n) => sale(String(n + 1), [line(1, 100)]))), '{"type":"sale"}']
      .map((value, n) => ({ topic: TOPIC, key: `c${n % 7}`, id: `t${n}`, tenant: TENANT, time: rig.clock.now(), value }));
    const first = await open();
    await consumed(first, async () => {
      await first.publish(messages);
      await first.publish(messages.slice(0, 100)); // the till was not sure
    });
    expect(await first.deadLetters.list('earning.tickets.v1')).toMatchObject([{ code: 'schemaMismatch', message: { id: 't300' } }]);
    await first.close();
    const standing = { available: await available(), tickets: await rig.dataSource.query('SELECT * FROM earning.ticket ORDER BY transaction_key') };
    expect(standing.available).toBeGreaterThan(0);
    const again = await open();
    await rig.rewind(database.url, 'earning.tickets.v1');
    await consumed(again, () => Promise.resolve());
    expect({ available: await available(), tickets: await rig.dataSource.query('SELECT * FROM earning.ticket ORDER BY transaction_key') }).toEqual(standing);
    await again.close();
    await database.drop();
  });
});
