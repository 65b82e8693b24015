import { expect, it } from '@jest/globals';
import { eventually } from '@trebol/testing';
import { CONTRACT_TOPICS, idsByKey, idsOf, type Scene } from './scene.ts';

/** What every bus promises about the message itself. */
export function contentsContract(newScene: () => Scene): void {
  it('given a message with all its headers, when it arrives, then nothing of it has changed, its subject is its key and its schema its topic\'s', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const sent = scene.message('key', { type: 'trebol.contract.thing', tenant: 'otra-cadena', traceparent, time: 1_700_000_000_123, value: '{"a":"ñ \\u0000 🍀"}' });
    await bus.publish([sent]);
    const consumer = await scene.consume(bus);
    const got = await eventually(() => consumer.messages[0], 'the message');
    const dataSchema = CONTRACT_TOPICS.find(({ name }) => name === scene.topic)?.dataSchema;
    expect(got).toEqual({ ...sent, subject: 'key', dataSchema, partition: got.partition, offset: got.offset });
    expect([typeof got.partition, typeof got.offset]).toEqual(['number', 'bigint']);
  });

  it('given a message without type and traceparent, when it arrives, then its type is the topic and there is no traceparent', async () => {
    const scene = newScene();
    const bus = await scene.process();
    await bus.publish([scene.message('key')]);
    const consumer = await scene.consume(bus);
    const got = await eventually(() => consumer.messages[0], 'the message');
    expect([got.type, got.traceparent]).toEqual([scene.topic, undefined]);
  });

  it('given values of 900 kB, when they arrive, then they are whole', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const sent = ['x', 'y', 'z'].map((letter) => scene.message('key', { value: JSON.stringify(letter.repeat(900_000)) }));
    await bus.publish(sent);
    const consumer = await scene.consume(bus);
    await eventually(() => consumer.messages.length >= sent.length, 'the messages');
    const intact = consumer.messages.map((message, index) => message.value === sent[index]?.value);
    expect(intact).toEqual([true, true, true]);
  });

  it('given keys in any script, when messages arrive, then keys are as sent and one key stays in one partition', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const keys = ['señor', '会員-1', '🍀', 'a b/c', 'ключ', ''];
    const sent = scene.messages([...keys, ...keys]);
    await bus.publish(sent);
    const consumer = await scene.consume(bus);
    await eventually(() => new Set(idsOf(consumer.messages)).size === sent.length, 'all messages');
    expect(idsByKey(consumer.messages)).toEqual(idsByKey(sent));
    for (const key of keys) expect(new Set(consumer.messages.filter((message) => message.key === key).map((message) => message.partition)).size).toBe(1);
  });

  it('given the same ids published twice, when they are consumed, then they may come twice but never not at all', async () => {
    const scene = newScene();
    const bus = await scene.process();
    const sent = scene.messages(['a', 'b']);
    await bus.publish(sent);
    await bus.publish(sent);
    const consumer = await scene.consume(bus);
    await eventually(async () => await consumer.lag() === 0, 'no lag');
    expect(new Set(idsOf(consumer.messages))).toEqual(new Set(idsOf(sent)));
  });

  it('given nothing to publish, when it is published, then nothing happens', async () => {
    const bus = await newScene().process();
    await expect(bus.publish([])).resolves.toBeUndefined();
  });
}
