// The tills of the Kafka scenario: a process that publishes the lines of a file as tickets, so that its CPU is not the platform's.
import { readFile } from 'node:fs/promises';
import { systemClock } from '@trebol/chassis';
import { topics } from '@trebol/contracts';
import { openBus } from '@trebol/messaging';

const MESSAGES_PER_CALL = 1_000;
const TOPIC = topics.ticket.name;

/** A ticket's key is the member's identifier. What no machine can read has a key of its own: later tickets of a key wait behind such a one. */
const messageOf = (line, id) => {
  const key = line.startsWith('{"type":"sale","broken"') ? `unreadable-${id}` : JSON.parse(line).identification.value;
  return { topic: TOPIC, key, id, tenant: 'main', time: systemClock.now(), value: line };
};

const bus = await openBus({ url: process.argv[2], clock: systemClock, topics: Object.values(topics), clientId: 'till' });
async function publish({ file, name }) {
  const messages = (await readFile(file, 'utf8')).trimEnd().split('\n').map((line, index) => messageOf(line, `${name}-${index}`));
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  for (let from = 0; from < messages.length; from += MESSAGES_PER_CALL) await bus.publish(messages.slice(from, from + MESSAGES_PER_CALL));
  const used = process.cpuUsage(cpu);
  return { published: messages.length, seconds: (performance.now() - began) / 1000, cpu: (used.user + used.system) / 1e6 };
}

process.once('disconnect', () => process.exit());
process.on('message', (work) => {
  publish(work).then((answer) => process.send(answer), (error) => process.send({ error: String(error.stack) }));
});
process.send({ ready: true });
