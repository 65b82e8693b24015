import type { Command } from 'commander';
import { readNotedHeads } from '../../operations/noted-heads.ts';
import type { VerifyReport } from '../../platform/platform.ts';
import type { Reporter } from '../reporter.ts';
import { AnswerIsNo, type SessionOf } from '../session.ts';
import { HELP, type Told } from '../texts.ts';

/**
 * `trebol verify`: every wallet recomputed from its streams and compared with what is kept; exit 1 names the
 * first difference. With `--heads`, the log is also held against heads of its hash chains that were noted
 * earlier, and must go on from there.
 */
export function verifyCommand(root: Command, sessionOf: SessionOf, told: Told): void {
  root.command('verify').description(told(HELP.verify))
    .option('--heads <file>', told(HELP.heads))
    .action(async ({ heads }: { heads?: string }, command: Command) => {
      const { reporter, operate } = sessionOf(command);
      const noted = heads === undefined ? undefined : await readNotedHeads(heads);
      const report = await operate(async (operations) => {
        const progress = reporter.progress({
          name: 'verify', label: reporter.say('Comprobando', 'Verifying'),
          unit: reporter.say('eventos', 'events'),
        });
        const found = await operations.verify({
          noted, onProgress: (done, total) => progress.update(done, total),
        });
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
  reporter: Reporter, { wallets, events, balancesHash, inTransit, chainHeads, differences }: VerifyReport
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
  const moving = (inTransit ?? []).reduce((sum, { points }) => sum + points, 0);
  const moves = (inTransit ?? []).reduce((sum, { transfers, merges }) => sum + transfers + merges, 0);
  const [p, m] = [reporter.number(moving), reporter.number(moves)];
  reporter.line(reporter.say(
    `  En tránsito entre monederos: ${p} puntos (movimientos sin terminar: ${m})`,
    `  In transit between wallets: ${p} points (unfinished moves: ${m})`,
  ));
  reporter.line(reporter.say('  Sin diferencias', '  No differences'));
  for (const { lane, position, hash } of chainHeads ?? []) {
    reporter.line(reporter.say(`  cadena ${lane}: posición ${position}, ${hash}`, `  chain ${lane}: position ${position}, ${hash}`));
  }
}
