import type { Command } from 'commander';
import { passwordVariable, type RoleName, ROLES } from '../../operations/database-roles.ts';
import { prepareDatabase } from '../../operations/prepare-database.ts';
import { type SessionOf, WrongUse } from '../session.ts';
import { HELP, text, type Told } from '../texts.ts';

const names = Object.keys(ROLES) as RoleName[];

/** `trebol db roles`: makes a PostgreSQL ready for one process per service. */
export function databaseCommand(root: Command, sessionOf: SessionOf, told: Told): void {
  root.command('db').description(told(HELP.db))
    .command('roles')
    .description(told(HELP.dbRoles))
    .addHelpText('after', `\n${told(HELP.dbRolesMore).replace('{variable}', passwordVariable('earning'))}`)
    .option('--given', told(HELP.given))
    .action(async ({ given }: { readonly given?: boolean }, command: Command) => {
      const { reporter, environment } = sessionOf(command);
      const { databaseUrl, identifierKey, programme, variable } = environment;
      if (databaseUrl === undefined) throw needed('DATABASE_URL', 'postgres://…');
      if (identifierKey === undefined) throw needed('TREBOL_IDENTIFIER_KEY', 'openssl rand -base64 32');
      const missing = given ? names.map(passwordVariable).filter((name) => variable(name) === undefined) : [];
      if (missing.length > 0) throw needed(missing.join(', '), 'openssl rand -hex 24');
      const roles = await prepareDatabase({
        databaseUrl, identifierKey, programme, passwordOf: (name) => variable(passwordVariable(name)),
      });
      reporter.document({ roles });
      if (reporter.json) return;
      for (const { role, schema, url } of Object.values(roles)) {
        reporter.line(
          `  ${schema.padEnd(13)} ${url ?? reporter.say(`${role}, con la contraseña que tiene`, `${role}, with the password it has`)}`
        );
      }
    });
}

const needed = (variable: string, such: string): WrongUse => new WrongUse(
  text(`falta ${variable}, por ejemplo: ${such}`, `${variable} is missing, for instance: ${such}`)
);
