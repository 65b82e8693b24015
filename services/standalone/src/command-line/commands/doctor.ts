import type { Command } from 'commander';
import { examine, type Finding } from '../../operations/examine-machine.ts';
import type { Reporter } from '../reporter.ts';
import { AnswerIsNo, type SessionOf } from '../session.ts';
import { HELP, type Told } from '../texts.ts';
import { portOf } from './start.ts';

/** `trebol doctor`: what would stop the platform from running here, before it is started. */
export function doctorCommand(root: Command, sessionOf: SessionOf, told: Told): void {
  root.command('doctor').description(told(HELP.doctor))
    .option('--port <n>', told(HELP.doctorPort), '3000')
    .action(async ({ port }: { readonly port: string }, command: Command) => {
      const { reporter, environment, options } = sessionOf(command);
      const findings = await examine({
        folder: options.data ?? environment.dataFolder, port: portOf(port), databaseUrl: environment.databaseUrl,
      });
      reporter.document({ findings });
      if (!reporter.json) for (const finding of findings) reporter.line(lineOf(finding, reporter));
      if (findings.some((finding) => !finding.ok)) throw new AnswerIsNo('doctor');
    });
}

const NAMES: Readonly<Record<Finding['check'], readonly [string, string]>> = {
  node: ['Node', 'Node'], memory: ['memoria', 'memory'], folder: [
    'carpeta de datos', 'data folder',
  ], disk: ['disco', 'disk'],
  lock: ['en uso', 'in use'], port: ['puerto', 'port'], postgres: ['PostgreSQL', 'PostgreSQL'],
};

function lineOf({ check, ok, detail }: Finding, reporter: Reporter): string {
  const [es, en] = NAMES[check];
  return `  ${ok ? '✓' : '✗'} ${reporter.say(es, en).padEnd(18)} ${detail}`;
}
