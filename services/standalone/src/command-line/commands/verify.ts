import type { Command } from 'commander';
import { AnswerIsNo, type SessionOf } from '../session.ts';

/** `trebol verify`: every wallet recomputed from its streams and compared with what is kept; exit 1 names the first difference. */
export function verifyCommand(root: Command, sessionOf: SessionOf): void {
  root.command('verify').description('recompute every balance from the log and compare / recalcula y compara todos los saldos')
    .action(async (_options: unknown, command: Command) => {
      const { reporter, inProcess } = sessionOf(command);
      const report = await inProcess(async (platform) => {
        const progress = reporter.progress(reporter.say('Comprobando', 'Verifying'), reporter.say('eventos', 'events'));
        const found = await platform.verify((done, total) => progress.update(done, total));
        progress.end();
        return found;
      });
      reporter.document(report);
      if (!reporter.json) {
        reporter.line(reporter.say(
          `  ${reporter.number(report.wallets)} monederos, ${reporter.number(report.events)} eventos, huella de saldos ${report.balancesHash}`,
          `  ${reporter.number(report.wallets)} wallets, ${reporter.number(report.events)} events, balances hash ${report.balancesHash}`,
        ));
        for (const difference of report.differences) reporter.line(`  ✗ ${difference}`);
        if (report.differences.length === 0) reporter.line(reporter.say('  Sin diferencias', '  No differences'));
      }
      if (report.differences.length > 0) throw new AnswerIsNo('verify');
    });
}
