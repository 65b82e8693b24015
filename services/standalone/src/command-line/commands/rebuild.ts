import type { Command } from 'commander';
import { type SessionOf, WrongUse } from '../session.ts';

/** The read models of the ledger are derived together: an entry's running balance is the balance's own. */
const READ_MODEL = 'balances';

/**
 * `trebol rebuild balances`: balance and entry rows made anew from the log beside the live ones, then swapped
 * in.
 */
export function rebuildCommand(root: Command, sessionOf: SessionOf): void {
  root.command('rebuild <readModel>').description(
    `rebuild a read model: ${READ_MODEL} / reconstruye un modelo de lectura`
  )
    .action(async (readModel: string, _options: unknown, command: Command) => {
      const { reporter, operate } = sessionOf(command);
      if (readModel !== READ_MODEL) throw new WrongUse(`${readModel}: ${READ_MODEL}`);
      const done = await operate(async (operations) => {
        const progress = reporter.progress({
          name: 'rebuild', label: reporter.say('Reconstruyendo', 'Rebuilding'),
          unit: reporter.say('eventos', 'events'),
        });
        const report = await operations.rebuild((events, total) => progress.update(events, total));
        progress.end();
        return report;
      });
      reporter.document(done);
      if (!reporter.json) {
        reporter.line(
          reporter.say(
            `  ${reporter.number(done.events)} eventos`, `  ${reporter.number(done.events)} events`
          )
        );
      }
    });
}
