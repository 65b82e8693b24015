import type { Command } from 'commander';
import { type SessionOf, WrongUse } from '../session.ts';
import { HELP, text, type Told } from '../texts.ts';

/** The read models of the ledger are derived together: an entry's running balance is the balance's own. */
const READ_MODEL = 'balances';

/**
 * `trebol rebuild balances`: balance and entry rows made anew from the log beside the live ones, then swapped
 * in.
 */
export function rebuildCommand(root: Command, sessionOf: SessionOf, told: Told): void {
  root.command('rebuild').argument('<readModel>', told(HELP.readModel)).description(told(HELP.rebuild))
    .action(async (readModel: string, _options: unknown, command: Command) => {
      const { reporter, operate } = sessionOf(command);
      if (readModel !== READ_MODEL) {
        throw new WrongUse(text(
          `no existe el modelo de lectura «${readModel}»; solo hay ${READ_MODEL}`,
          `there is no read model '${readModel}'; there is only ${READ_MODEL}`,
        ));
      }
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
