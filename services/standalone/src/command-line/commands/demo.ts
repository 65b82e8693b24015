import type { Command } from 'commander';
import { printReport } from '../../demo/report.ts';
import { runDemo } from '../../demo/run-demo.ts';
import { AnswerIsNo, type SessionOf } from '../session.ts';
import { HELP, type Told } from '../texts.ts';
import { portOf } from './start.ts';

interface DemoOptions { readonly exit?: boolean; readonly port?: string }

const PORT = '3000';

/** `trebol demo`: the main job on the whole Online Retail log, then a platform to play with. */
export function demoCommand(root: Command, sessionOf: SessionOf, told: Told): void {
  root.command('demo')
    .description(told(HELP.demo))
    .option('--exit', told(HELP.demoExit))
    .option('--port <n>', told(HELP.demoPort))
    .action(async (options: DemoOptions, command: Command) => {
      const { reporter, clock, inProcess } = sessionOf(command);
      const port = options.exit ? 0 : portOf(options.port ?? PORT);
      const clean = await inProcess(async (platform, client, asked) => {
        const report = await runDemo(platform, client, { reporter, clock });
        reporter.document(report);
        if (!reporter.json) {
          printReport(
            reporter, report,
            options.exit ? undefined : { url: platform.url, key: await platform.sessionKey() }
          );
        }
        if (!options.exit) await asked;
        return report.verify.differences.length === 0;
      }, { port, create: true, fallBackToFreePort: options.port === undefined, endsBySignal: options.exit !== true, watchMemory: true });
      if (!clean) throw new AnswerIsNo('demo');
    });
}
