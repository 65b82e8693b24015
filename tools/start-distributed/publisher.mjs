import { systemClock } from '@trebol/chassis';
import { topics } from '@trebol/contracts';
import { openBus } from '@trebol/messaging';
import { pause } from './seeded.mjs';

/** Messages of one publish. */
const PUBLISHED_TOGETHER = 60;
/** Pause between attempts, in milliseconds. */
const AGAIN_MS = 100;

/** The chain's side of the bus, patient: what was not accepted for certain is published again with the same ids. */
export async function openPublisher(url) {
  const bus = await openBus({ url, clock: systemClock, topics: Object.values(topics), clientId: 'chain' });
  const publish = async (messages) => {
    for (;;) {
      const done = await bus.publish(messages).then(() => true, () => false);
      if (done) return;
      await pause(AGAIN_MS);
    }
  };
  return {
    /** @param {readonly { ticket: any, copy: number }[]} sent */
    publish: async (sent) => {
      const messages = sent.map(({ ticket, copy }) => ({
        topic: topics.ticket.name, key: ticket.identification.value, tenant: 'main', time: systemClock.now(),
        id: `${ticket.sequence}#${copy}`, value: JSON.stringify(ticket),
      }));
      for (let from = 0; from < messages.length; from += PUBLISHED_TOGETHER) {
        await publish(messages.slice(from, from + PUBLISHED_TOGETHER));
      }
    },
    close: () => bus.close(),
  };
}
