import type { ListedApiKey } from '@trebol/chassis';
import type { Command } from 'commander';
import type { Reporter } from '../reporter.ts';
import { AnswerIsNo, type SessionOf } from '../session.ts';

interface CreateOptions {
  readonly scopes: string;
  readonly store?: string;
  readonly tenant: string;
  readonly live?: boolean;
  readonly name: string;
  readonly unlessAny?: boolean;
}
interface TenantOption { readonly tenant: string }

const DEFAULT_TENANT = 'main';

/**
 * `trebol keys list | create | revoke`: API keys. A key is shown once, when it is made; only its hash is
 * kept.
 */
export function keysCommand(root: Command, sessionOf: SessionOf): void {
  const keys = root.command('keys').description('API keys / claves');
  addCreate(keys, sessionOf);
  keys.command('list').description('keys of a tenant, revoked ones too / claves de un inquilino')
    .option('--tenant <tenant>', 'tenant', DEFAULT_TENANT)
    .action(async ({ tenant }: TenantOption, command: Command) => {
      const { reporter, operate } = sessionOf(command);
      const listed = await operate(async (operations) => (await operations.keys()).list(tenant));
      reporter.document({ keys: listed });
      if (!reporter.json) for (const key of listed) reporter.line(keyLine(key, reporter));
    });
  keys.command('revoke <keyId>').description(
    'end a key; running services notice within a minute / anula una clave'
  )
    .option('--tenant <tenant>', 'tenant', DEFAULT_TENANT)
    .action(async (keyId: string, { tenant }: TenantOption, command: Command) => {
      const { reporter, operate } = sessionOf(command);
      const revoked = await operate(async (operations) => (await operations.keys()).revoke(tenant, keyId));
      reporter.document({ keyId, revoked });
      if (!reporter.json) {
        reporter.line(
          revoked ? reporter.say('  Anulada', '  Revoked') : reporter.say(
            '  No hay tal clave en vigor', '  No such key in force'
          )
        );
      }
      if (!revoked) throw new AnswerIsNo('keys revoke');
    });
}

function addCreate(keys: Command, sessionOf: SessionOf): void {
  keys.command('create').description('make a key / crea una clave')
    .requiredOption('--scopes <list>', 'comma-separated scopes, or "*"')
    .option('--name <name>', 'what the key is for', 'unnamed')
    .option('--tenant <tenant>', 'tenant the key belongs to', DEFAULT_TENANT)
    .option('--store <storeId>', 'bind the key to one store')
    .option('--live', 'a trb_live_ key (default: trb_test_)')
    .option('--unless-any', 'make none when a key of this name is in force')
    .action(async (options: CreateOptions, command: Command) => {
      const { reporter, operate } = sessionOf(command);
      const made = await operate(async (operations) => {
        const all = await operations.keys();
        const { tenant, name } = options;
        if (options.unlessAny && (await all.list(tenant)).some(
          (key) => key.name === name && key.revokedAt === null
        )) {
          return undefined;
        }
        return all.create({
          tenant, name, kind: options.live === true ? 'live' : 'test', scopes: options.scopes.split(',').map(
            (scope) => scope.trim()
          ),
          ...(options.store ? { storeId: options.store } : {}),
        });
      });
      reporter.document(made ?? { key: null });
      if (reporter.json) return;
      reporter.line(
        made?.key ?? reporter.say('  Ya hay una con este nombre', '  There is one of this name already')
      );
    });
}

function keyLine(
  { keyId, prefix, name, scopes, storeId, createdAt, revokedAt }: ListedApiKey, reporter: Reporter
): string {
  const until = revokedAt === null ? '' : reporter.say(
    `  anulada ${day(revokedAt)}`, `  revoked ${day(revokedAt)}`
  );
  return `  ${keyId}  ${prefix}…  ${day(createdAt)}  ${name}  ${scopes.join(',')}${storeId === null ? '' : `  ${storeId}`}${until}`;
}

const day = (instant: Date): string => instant.toISOString().slice(0, 10);
