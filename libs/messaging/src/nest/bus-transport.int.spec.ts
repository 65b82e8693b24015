import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Inject, Module, type DynamicModule, type INestMicroservice, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { eventually, freshDatabase, realClock, type TestDatabase } from '@trebol/testing';
import { of, type Observable } from 'rxjs';
import type { MessageBatch, MessageFailure } from '../port.ts';
import { PostgresBus } from '../postgres/postgres-bus.ts';
import { BusTransport } from './bus-transport.ts';

const TICKETS = 'test.ticket.v1';
const EFFECTS = Symbol('EFFECTS');

/** What the handlers did; each applies a message once, however often it comes. */
interface Effects { readonly applied: Map<string, number>; readonly batches: MessageBatch[]; readonly seenByOther: string[]; throws: number }

@Controller()
class TicketsController {
  readonly #effects: Effects;

  constructor(@Inject(EFFECTS) effects: Effects) {
    this.#effects = effects;
  }

  @EventPattern<string>(TICKETS, { group: 'test.rate.v1', batchMax: 3 })
  async rate(@Payload() batch: MessageBatch): Promise<MessageFailure[]> {
    this.#effects.batches.push(batch);
    if (this.#effects.throws-- > 0) throw new Error('not now');
    const bad = batch.messages.filter((message) => message.value === 'bad');
    for (const { id } of batch.messages.filter((message) => message.value !== 'bad')) this.#effects.applied.set(id, (this.#effects.applied.get(id) ?? 0) + 1);
    return bad.map((message) => ({ message, code: 'bad', detail: 'it says so' }));
  }

  @EventPattern<string>(TICKETS, { group: 'test.look.v1', batchMax: 100 })
  look(@Payload() batch: MessageBatch): Observable<void> {
    this.#effects.seenByOther.push(...batch.messages.map(({ id }) => id));
    return of(undefined);
  }
}

@Controller()
class WithoutGroup {
  @EventPattern<string>(TICKETS)
  async handle(@Payload() _batch: MessageBatch): Promise<void> { await Promise.resolve(); }
}

@Controller()
class WaitsForAnswer {
  @MessagePattern(TICKETS)
  answer(): string { return 'no'; }
}

@Controller()
class UnknownTopic {
  @EventPattern<string>('misspelt', { group: 'test.rate.v1' })
  async handle(@Payload() _batch: MessageBatch): Promise<void> { await Promise.resolve(); }
}

@Module({})
class TestModule {
  static of(controller: Type, effects: Effects): DynamicModule {
    return { module: TestModule, controllers: [controller], providers: [{ provide: EFFECTS, useValue: effects }] };
  }
}

describe('Nest handlers on the bus', () => {
  let database: TestDatabase;
  let bus: PostgresBus;
  let effects: Effects;
  const apps: INestMicroservice[] = [];
  const start = async (controller: Type): Promise<INestMicroservice> => {
    const app = await NestFactory.createMicroservice(TestModule.of(controller, effects), { strategy: new BusTransport(bus), logger: false, abortOnError: false });
    apps.push(app);
    await app.listen();
    return app;
  };
  const publish = (messages: readonly { id: string; value?: string }[]): Promise<void> =>
    bus.publish(messages.map(({ id, value = '{}' }) => ({ topic: TICKETS, key: id, id, tenant: 'main', time: 0, value })));

  beforeEach(async () => {
    database = await freshDatabase();
    bus = await PostgresBus.open({ url: database.url, clock: realClock, topics: [{ name: TICKETS, partitions: 2, retention: { days: 1 } }] });
    effects = { applied: new Map(), batches: [], seenByOther: [], throws: 0 };
  });
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close();
    await bus.close();
    await database.drop();
  });

  it('given a controller, when messages are published twice, then its methods get them in batches, once for each group and delivery', async () => {
    await start(TicketsController);
    const sent = Array.from({ length: 10 }, (_, n) => ({ id: `m${n}` }));
    await publish(sent);
    await publish(sent);
    await eventually(() => [...effects.applied.values()].reduce((sum, times) => sum + times, 0) === 20 && effects.seenByOther.length === 20, 'both deliveries');
    expect([...effects.applied.keys()].toSorted()).toEqual(sent.map(({ id }) => id));
    expect(Math.max(...effects.batches.map((batch) => batch.messages.length))).toBeLessThanOrEqual(3);
    expect(effects.batches.every((batch) => batch.messages.every((message) => message.partition === batch.partition))).toBe(true);
  });

  it('given a method that throws, when it is called again, then the batch is the same and its effect is there once', async () => {
    effects.throws = 2;
    await start(TicketsController);
    await publish([{ id: 'm1' }]);
    await eventually(() => effects.applied.size === 1, 'applied');
    expect(effects.batches.map((batch) => batch.messages.map(({ id }) => id))).toEqual([['m1'], ['m1'], ['m1']]);
    expect(effects.applied.get('m1')).toBe(1);
  });

  it('given a method that returns failures, when it has run, then they are dead letters of its group alone', async () => {
    await start(TicketsController);
    await publish([{ id: 'm1', value: 'bad' }, { id: 'm2' }]);
    const [letter] = await eventually(async () => { const found = await bus.deadLetters.list('test.rate.v1'); return found.length > 0 && found; }, 'dead letter');
    expect(letter).toMatchObject({ queue: `${TICKETS}.test.rate.v1.dlq`, code: 'bad', detail: 'it says so', message: { id: 'm1' } });
    expect(await bus.deadLetters.list('test.look.v1')).toEqual([]);
  });

  it('given an application that was closed, when messages are published, then nobody handles them until it starts again', async () => {
    const app = await start(TicketsController);
    await app.close();
    await publish([{ id: 'm1' }]);
    expect(effects.batches).toEqual([]);
    await start(TicketsController);
    await eventually(() => effects.applied.has('m1'), 'applied');
  });

  it.each([[WithoutGroup, '{ group } is missing'], [WaitsForAnswer, 'nobody waits for an answer'], [UnknownTopic, 'unknown topic misspelt']])(
    'given %p, when it starts, then it fails and says why', async (controller, reason) => {
      await expect(start(controller)).rejects.toThrow(reason);
    });
});
