import type { ListedApiKey } from '@trebol/chassis';
import type { Command } from 'commander';
import type { Reporter } from '../reporter.ts';
import { AnswerIsNo, type SessionOf } from '../session.ts';
import { HELP, type Told } from '../texts.ts';

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
export function keysCommand(root: Command, sessionOf: SessionOf, told: Told): void {
  const keys = root.command('keys').description(told(HELP.keys));
  addCreate(keys, sessionOf, told);
  keys.command('list').description(told(HELP.keysList))
    .option('--tenant <tenant>', told(HELP.tenant), DEFAULT_TENANT)
    .action(async ({ tenant }: TenantOption, command: Command) => {
      const { reporter, operate } = sessionOf(command);
      const listed = await operate(async (operations) => (await operations.keys()).list(tenant));
      reporter.document({ keys: listed });
      if (!reporter.json) for (const key of listed) reporter.line(keyLine(key, reporter));
    });
  keys.command('revoke <keyId>').description(told(HELP.keysRevoke))
    .option('--tenant <tenant>', told(HELP.tenant), DEFAULT_TENANT)
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

function addCreate(keys: Command, sessionOf: SessionOf, told: Told): void {
  keys.command('create').description(told(HELP.keysCreate))
    .requiredOption('--scopes <list>', told(HELP.scopes))
    .option('--name <name>', told(HELP.keyName), 'unnamed')
    .option('--tenant <tenant>', told(HELP.tenant), DEFAULT_TENANT)
    .option('--store <storeId>', told(HELP.store))
    .option('--live', told(HELP.live))
    .option('--unless-any', told(HELP.unlessAny))
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
