import type { DeadLetter, DeadLetters } from '@trebol/messaging';
import type { Command } from 'commander';
import { CONSUMER_GROUPS } from '../../operations/consumer-groups.ts';
import type { Reporter } from '../reporter.ts';
import { AnswerIsNo, type SessionOf, WrongUse } from '../session.ts';
import { HELP, text, type Told } from '../texts.ts';

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
export function dlqCommand(root: Command, sessionOf: SessionOf, told: Told): void {
  const dlq = root.command('dlq').description(told(HELP.dlq));
  const filtered = (command: Command): Command => command
    .option('--group <group>', told(HELP.group))
    .option('--topic <topic>', told(HELP.topic))
    .option('--key <key>', told(HELP.messageKey));
  filtered(dlq.command('list').description(told(HELP.dlqList)))
    .action(async (filter: Filter, command: Command) => {
      const { reporter, operate } = sessionOf(command);
      const found = await operate(async (operations) => select(await operations.deadLetters(), filter));
      reporter.document({ deadLetters: found.map(documentOf) });
      if (!reporter.json) printLetters(reporter, found);
    });
  filtered(dlq.command('replay').description(told(HELP.dlqReplay)))
    .option('--id <id>', told(HELP.letterId))
    .option('--all', told(HELP.allLetters))
    .action(async (filter: Filter, command: Command) => {
      const { reporter, operate } = sessionOf(command);
      if ((filter.id === undefined) === (filter.all !== true)) {
        throw new WrongUse(text('diga qué: --id <id> o --all', 'say what: --id <id> or --all'));
      }
      if (filter.id !== undefined && filter.group === undefined) {
        throw new WrongUse(text('con --id hace falta --group', '--id needs --group'));
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
    const known = CONSUMER_GROUPS.join(', ');
    throw new WrongUse(text(`--group ${group}: no existe; hay ${known}`, `--group ${group}: there is none; there are ${known}`));
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
