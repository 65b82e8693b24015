import type { Command } from 'commander';
import { passwordVariable, type RoleName, ROLES } from '../../operations/database-roles.ts';
import { prepareDatabase } from '../../operations/prepare-database.ts';
import { type SessionOf, WrongUse } from '../session.ts';

const names = Object.keys(ROLES) as RoleName[];

/** `trebol db roles`: makes a PostgreSQL ready for one process per service. */
export function databaseCommand(root: Command, sessionOf: SessionOf): void {
  root.command('db').description(
    'the database of separate processes / la base de datos de procesos separados'
  )
    .command('roles')
    .description(
      'make roles, schemas and key tables in the database DATABASE_URL names; repeatable / crea roles y esquemas'
    )
    .addHelpText('after', `
DATABASE_URL is an administrator's. TREBOL_IDENTIFIER_KEY is the secret of the identifier tokens.
Passwords: ${passwordVariable('earning')} and so on, one for each role; a new role without one gets a random password, shown this once; an existing role keeps its own.`)
    .option('--given', 'make no passwords: every variable must be set')
    .action(async ({ given }: { readonly given?: boolean }, command: Command) => {
      const { reporter, environment } = sessionOf(command);
      const { databaseUrl, identifierKey, programme, variable } = environment;
      if (databaseUrl === undefined) throw new WrongUse('DATABASE_URL: postgres://…');
      if (identifierKey === undefined) throw new WrongUse('TREBOL_IDENTIFIER_KEY: openssl rand -base64 32');
      const missing = given ? names.map(passwordVariable).filter((name) => variable(name) === undefined) : [];
      if (missing.length > 0) throw new WrongUse(`${missing.join(', ')}: openssl rand -hex 24`);
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
