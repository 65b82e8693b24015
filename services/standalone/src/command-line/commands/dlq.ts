import type { DeadLetter, DeadLetters } from '@trebol/messaging';
import type { Command } from 'commander';
import { CONSUMER_GROUPS } from '../../operations/consumer-groups.ts';
import type { Reporter } from '../reporter.ts';
import { AnswerIsNo, type SessionOf, WrongUse } from '../session.ts';

interface Filter {
  readonly group?: string;
  readonly topic?: string;
  readonly key?: string;
  readonly id?: string;
  readonly all?: boolean;
}

/**
 * `trebol dlq list | replay`: messages that failed for good, with what waits behind them; and another try.
 */
export function dlqCommand(root: Command, sessionOf: SessionOf): void {
  const dlq = root.command('dlq').description('dead letters / mensajes fallidos');
  const filtered = (command: Command): Command => command
    .option('--group <group>', 'one consumer group (default: all)')
    .option('--topic <topic>', 'only this topic')
    .option('--key <key>', 'only this message key');
  filtered(
    dlq.command('list').description('what failed, why, and how many wait behind it / qué falló y por qué')
  )
    .action(async (filter: Filter, command: Command) => {
      const { reporter, operate } = sessionOf(command);
      const found = await operate(async (operations) => select(await operations.deadLetters(), filter));
      reporter.document({ deadLetters: found.map(documentOf) });
      if (!reporter.json) printLetters(reporter, found);
    });
  filtered(
    dlq.command('replay').description(
      'hand over again, in order, what failed and what waits behind it / lo entrega de nuevo'
    )
  )
    .option('--id <id>', 'one dead letter, as list shows it')
    .option('--all', 'everything the filters leave')
    .action(async (filter: Filter, command: Command) => {
      const { reporter, operate } = sessionOf(command);
      if ((filter.id === undefined) === (filter.all !== true)) {
        throw new WrongUse('dlq replay: --id <id> | --all');
      }
      if (filter.id !== undefined && filter.group === undefined) {
        throw new WrongUse('dlq replay --id: --group <group>');
      }
      const asked = await operate(async (operations) => replay(await operations.deadLetters(), filter));
      reporter.document({ asked });
      if (!reporter.json) {
        reporter.line(
          reporter.say(`  ${asked} se entregarán de nuevo`, `  ${asked} will be handed over again`)
        );
      }
      if (asked === 0) throw new AnswerIsNo('dlq replay');
    });
}

async function select(
  letters: DeadLetters, { group, topic, key, id }: Filter
): Promise<readonly DeadLetter[]> {
  if (group !== undefined && !CONSUMER_GROUPS.includes(group)) {
    throw new WrongUse(`--group ${group}: ${CONSUMER_GROUPS.join(', ')}`);
  }
  const found: DeadLetter[] = [];
  for (const name of group === undefined ? CONSUMER_GROUPS : [group]) found.push(...await letters.list(name));
  const fits = (wanted: string | undefined, actual: string): boolean => wanted === undefined || wanted === actual;
  return found.filter((letter) => fits(topic, letter.message.topic) && fits(key, letter.message.key) && fits(id, letter.id));
}

/** Asks for them one by one, so that a filter holds; who consumes the group does the work. */
async function replay(letters: DeadLetters, filter: Filter): Promise<number> {
  let asked = 0;
  for (const letter of await select(letters, filter)) asked += await letters.replay(letter.group, letter.id);
  return asked;
}

const documentOf = ({
  id, queue, group, message, code, detail, attempts, failedAt, waiting, replaying,
}: DeadLetter) => ({
  id, queue, group, topic: message.topic, partition: message.partition, offset: message.offset.toString(),
  key: message.key, messageId: message.id,
  code, detail, attempts, failedAt: new Date(failedAt).toISOString(), waiting, replaying,
});

function printLetters(reporter: Reporter, letters: readonly DeadLetter[]): void {
  if (letters.length === 0) reporter.line(reporter.say('  No hay mensajes fallidos', '  No dead letters'));
  for (const { id, group, message, code, detail, attempts, waiting, replaying } of letters) {
    const state = replaying ? reporter.say(', se reintenta', ', being replayed') : '';
    reporter.line(`  ${id}  ${message.topic}  ${group}  ${message.key}  ${code} ×${attempts}${state}`);
    reporter.line(
      reporter.say(`      ${detail} (esperan ${waiting})`, `      ${detail} (${waiting} waiting)`)
    );
  }
}
