import type { Command } from 'commander';
import { printReport } from '../../demo/report.ts';
import { runDemo } from '../../demo/run-demo.ts';
import { openPlatform } from '../../platform/open-platform.ts';
import { listenForSignals } from '../../platform/until-signal.ts';
import { TrebolClient } from '../client.ts';
import { AnswerIsNo, platformOptions, type SessionOf } from '../session.ts';

interface DemoOptions { readonly exit?: boolean; readonly port: string }

/** `trebol demo`: the main job on the whole Online Retail log, then a platform to play with. */
export function demoCommand(root: Command, sessionOf: SessionOf): void {
  root.command('demo')
    .description('the whole Online Retail log through the platform / el registro entero por la plataforma')
    .option('--exit', 'end instead of serving on')
    .option('--port <n>', 'port, 0 for a free one (default: 3000 when it is free)')
    .action(async (options: DemoOptions, command: Command) => {
      const { reporter, environment, options: globals, clock } = sessionOf(command);
      const platform = await openPlatform(platformOptions(environment, globals, { port: options.exit ? 0 : Number(options.port ?? 3000), fallBackToFreePort: options.port === undefined }));
      const key = await platform.sessionKey();
      const client = new TrebolClient(platform.url, key, reporter.language);
      let clean = false;
      try {
        const report = await runDemo(platform, client, { reporter, clock });
        reporter.document(report);
        if (!reporter.json) printReport(reporter, report, options.exit ? undefined : { url: platform.url, key });
        clean = report.verify.differences.length === 0;
        if (!options.exit) await listenForSignals().stopOn(platform);
      } finally {
        await platform.stop();
      }
      if (!clean) throw new AnswerIsNo('demo');
    });
}
