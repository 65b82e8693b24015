import { TEST_CLOCK_LATEST } from '@trebol/chassis';
import { instant } from '@trebol/contracts';
import type { Command } from 'commander';
import { openPlatform } from '../../platform/open-platform.ts';
import { listenForSignals } from '../../platform/until-signal.ts';
import type { Reporter } from '../reporter.ts';
import { platformOptions, type SessionOf, WrongUse } from '../session.ts';
import { HELP, text, type Told } from '../texts.ts';

interface StartOptions { readonly port: string; readonly host: string; readonly clock?: string }

/** `trebol start`: the whole platform in one process, until SIGTERM or SIGINT. */
export function startCommand(root: Command, sessionOf: SessionOf, told: Told): void {
  root.command('start')
    .description(told(HELP.start))
    .option('--port <n>', told(HELP.startPort), '3000')
    .option('--host <address>', told(HELP.host), '127.0.0.1')
    .option('--clock <instant>', told(HELP.clock))
    .action(async (options: StartOptions, command: Command) => {
      const { reporter, environment, options: globals } = sessionOf(command);
      const signals = listenForSignals();
      const platform = await openPlatform(platformOptions(environment, globals, {
        port: portOf(options.port), host: options.host, firstKey: true, create: true,
        sandboxFrom: options.clock === undefined ? undefined : instantOf(options.clock),
      }));
      reporter.document({
        event: 'ready', url: platform.url, ...(platform.adminKey ? { adminKey: platform.adminKey } : {})
      });
      if (!reporter.json) {
        reporter.line(reporter.say(`Trébol escucha en ${platform.url}`, `Trébol listens on ${platform.url}`));
        reporter.line(keyLine(reporter, platform.adminKey));
      }
      await signals.stopOn(platform);
    });
}

function keyLine(reporter: Reporter, adminKey: string | undefined): string {
  return adminKey === undefined
    ? reporter.say(
      "La clave de administración se mostró en el primer arranque; otra: trebol keys create --scopes '*'",
      "The admin key was shown at the first start; for another: trebol keys create --scopes '*'"
    )
    : reporter.say(
      `Clave de administración (se muestra una sola vez): ${adminKey}`,
      `Admin key (shown this once): ${adminKey}`
    );
}

const PORT_MAX = 65_535;

/** A port number, 0 for a free one. Throws `WrongUse`. */
export function portOf(given: string): number {
  const port = Number(given);
  if (given.trim() === '' || !Number.isInteger(port) || port < 0 || port > PORT_MAX) {
    throw new WrongUse(text(
      `--port ${given}: tiene que ser un número de 0 a ${PORT_MAX}`, `--port ${given}: must be a number from 0 to ${PORT_MAX}`
    ));
  }
  return port;
}

function instantOf(given: string): number {
  if (!instant.safeParse(given).success) {
    throw new WrongUse(text(
      `--clock ${given}: tiene que ser un instante con su desfase horario, como 2026-01-31T00:00:00+01:00`,
      `--clock ${given}: must be an instant with its offset, such as 2026-01-31T00:00:00+01:00`,
    ));
  }
  if (Date.parse(given) > TEST_CLOCK_LATEST) {
    const latest = new Date(TEST_CLOCK_LATEST).toISOString();
    throw new WrongUse(text(`--clock ${given}: como mucho ${latest}`, `--clock ${given}: ${latest} at the latest`));
  }
  return Date.parse(given);
}
