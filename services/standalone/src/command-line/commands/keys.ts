import type { Command } from 'commander';
import type { SessionOf } from '../session.ts';

interface KeyOptions { readonly scopes: string; readonly store?: string; readonly tenant: string; readonly live?: boolean; readonly name: string }

/** `trebol keys create`: a new API key, shown once; only its hash is kept. */
export function keysCommand(root: Command, sessionOf: SessionOf): void {
  root.command('keys').description('API keys / claves').command('create')
    .requiredOption('--scopes <list>', 'comma-separated scopes, or "*"')
    .option('--name <name>', 'what the key is for', 'unnamed')
    .option('--tenant <tenant>', 'tenant the key belongs to', 'main')
    .option('--store <storeId>', 'bind the key to one store')
    .option('--live', 'a trb_live_ key (default: trb_test_)')
    .action(async (options: KeyOptions, command: Command) => {
      const { reporter, inProcess } = sessionOf(command);
      const key = await inProcess((platform) => platform.createKey({
        tenant: options.tenant, scopes: options.scopes.split(',').map((scope) => scope.trim()), live: options.live === true, name: options.name,
        ...(options.store ? { storeId: options.store } : {}),
      }));
      reporter.document({ key });
      if (!reporter.json) reporter.line(key);
    });
}
