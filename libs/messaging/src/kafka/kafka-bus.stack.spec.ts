import { afterAll, beforeAll, describe } from '@jest/globals';
import { notRun, realClock } from '@trebol/testing';
import { CONTRACT_TOPICS, messageBusContract } from '../contract-suite/index.ts';
import { findKafka, type KafkaForTests } from './testing/kafka-endpoint.ts';
import { kafkaFailures } from './testing/kafka-failures.ts';
import { KafkaBus } from './kafka-bus.ts';
import { newClient, parseKafkaUrl } from './connection.ts';

/** A first run fetches the broker's jars. */
const START_MS_MAX = 400_000;
const found = await findKafka();

if ('whyNot' in found) {
  notRun(`the Kafka adapter of the bus: ${found.whyNot}`);
} else {
  describe('Kafka', () => {
    let kafka: KafkaForTests | undefined;
    beforeAll(async () => { kafka = await found.start(); }, START_MS_MAX);
    afterAll(async () => { await kafka?.stop(); }, START_MS_MAX);

    messageBusContract('Kafka', async () => {
      const url = kafka?.url ?? '';
      await removeTopics(url);
      return {
        open: () => KafkaBus.open({ url, clientId: 'contract', clock: realClock, topics: CONTRACT_TOPICS }),
        drop: () => removeTopics(url),
      };
    });
    kafkaFailures(() => {
      if (!kafka) throw new Error('no broker');
      return kafka;
    }, found.whyNoRig);
  });
}

/** A broker that is not ours may have what an earlier run left. */
async function removeTopics(url: string): Promise<void> {
  const admin = newClient(parseKafkaUrl(url), 'contract').admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith('contract.'));
  if (topics.length > 0) await admin.deleteTopics({ topics });
  await admin.disconnect();
}
