import type { Command } from 'commander';
import type { VerifyReport } from '../../platform/platform.ts';
import type { Reporter } from '../reporter.ts';
import { AnswerIsNo, type SessionOf } from '../session.ts';

/**
 * `trebol verify`: every wallet recomputed from its streams and compared with what is kept; exit 1 names the
 * first difference.
 */
export function verifyCommand(root: Command, sessionOf: SessionOf): void {
  root.command('verify').description(
    'recompute every balance from the log and compare / recalcula y compara todos los saldos'
  )
    .action(async (_options: unknown, command: Command) => {
      const { reporter, operate } = sessionOf(command);
      const report = await operate(async (operations) => {
        const progress = reporter.progress({
          name: 'verify', label: reporter.say('Comprobando', 'Verifying'),
          unit: reporter.say('eventos', 'events'),
        });
        const found = await operations.verify((done, total) => progress.update(done, total));
        progress.end();
        return found;
      });
      reporter.document(report);
      if (!reporter.json) printVerified(reporter, report);
      if (report.differences.length > 0) throw new AnswerIsNo('verify');
    });
}

/** A difference ends the comparison, so figures and hash are told only where there was none. */
function printVerified(
  reporter: Reporter, { wallets, events, balancesHash, differences }: VerifyReport
): void {
  for (const difference of differences) reporter.line(`  ✗ ${difference}`);
  if (differences.length > 0) {
    reporter.line(reporter.say(
      '  La comprobación terminó en la primera diferencia; lo demás no se ha comparado.',
      '  The comparison ended at the first difference; the rest was not compared.',
    ));
    return;
  }
  const [w, e] = [reporter.number(wallets), reporter.number(events)];
  reporter.line(reporter.say(
    `  ${w} monederos, ${e} eventos, huella de saldos ${balancesHash}`, `  ${w} wallets, ${e} events, balances hash ${balancesHash}`,
  ));
  reporter.line(reporter.say('  Sin diferencias', '  No differences'));
}
