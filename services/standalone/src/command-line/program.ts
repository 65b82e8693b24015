import type { Language } from '@trebol/contracts';
import { Command, CommanderError, Help } from 'commander';
import { balanceCommand } from './commands/balance.ts';
import { databaseCommand } from './commands/db.ts';
import { demoCommand } from './commands/demo.ts';
import { dlqCommand } from './commands/dlq.ts';
import { doctorCommand } from './commands/doctor.ts';
import { importCommand } from './commands/import.ts';
import { keysCommand } from './commands/keys.ts';
import { rebuildCommand } from './commands/rebuild.ts';
import { segmentCommand } from './commands/segment.ts';
import { startCommand } from './commands/start.ts';
import { verifyCommand } from './commands/verify.ts';
import { type SessionOf, WrongUse } from './session.ts';
import { HELP, text, type Text, type Told } from './texts.ts';

const VERSION = '0.1.0';

const COMMANDS = [
  startCommand, demoCommand, importCommand, balanceCommand, segmentCommand, verifyCommand, rebuildCommand,
  keysCommand, dlqCommand, databaseCommand, doctorCommand,
];

/** All commands, their help in one language. Wrong words are thrown as `WrongUse` by `parse`. */
export function programIn(language: Language, sessionOf: SessionOf): {
  readonly parse: (argv: readonly string[]) => Promise<void>;
} {
  const told: Told = (what) => what[language];
  const root = new Command('trebol')
    .description(told(HELP.trebol))
    .option('--json', told(HELP.json))
    .option('--lang <language>', told(HELP.lang))
    .option('--url <url>', told(HELP.url))
    .option('--key <key>', told(HELP.key))
    .option('--data <folder>', told(HELP.data))
    .version(VERSION, '-V, --version', told(HELP.version))
    .helpOption('-h, --help', told(HELP.help))
    .helpCommand('help [command]', told(HELP.helpOf))
    .configureHelp(helpIn(language))
    .exitOverride();
  for (const add of COMMANDS) add(root, sessionOf, told);
  let wrong: Command = root;
  for (const command of withAll(root)) command.configureOutput({ outputError: () => { wrong = command; } });
  return {
    parse: async (argv) => {
      try {
        await root.parseAsync([...argv]);
      } catch (error) {
        throw error instanceof CommanderError && error.code in MISUSES ? misuse(error, pathOf(wrong)) : error;
      }
    },
  };
}

const withAll = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(withAll)];

const pathOf = (command: Command): string => `${command.parent ? `${pathOf(command.parent)} ` : ''}${command.name()}`;

/** Commander's own words in Spanish. */
const HEADINGS: Readonly<Record<string, string>> = {
  'Usage:': 'Uso:', 'Options:': 'Opciones:', 'Global Options:': 'Opciones de todas las órdenes:', 'Commands:': 'Órdenes:',
  'Arguments:': 'Argumentos:',
};
/** Names of values in Spanish; any other stays. */
const VALUES: Readonly<Record<string, string>> = {
  options: 'opciones', command: 'orden', file: 'fichero', folder: 'carpeta', language: 'idioma', key: 'clave', instant: 'instante',
  address: 'dirección', identifier: 'identificador', readModel: 'modelo', zone: 'zona', code: 'código', purpose: 'fin',
  segmentId: 'segmento', list: 'lista', name: 'nombre', tenant: 'inquilino', storeId: 'tienda', keyId: 'clave', group: 'grupo',
  topic: 'tema', format: 'formato',
};
const inSpanish = (term: string): string => term.replaceAll(
  /([<[])(\w+)(?=[>\]])/g, (_all, open: string, name: string) => `${open}${VALUES[name] ?? name}`
);

function helpIn(language: Language): Partial<Help> {
  const plain = new Help();
  if (language === 'en') return { showGlobalOptions: true };
  return {
    showGlobalOptions: true,
    styleTitle: (title) => HEADINGS[title] ?? title,
    commandUsage: (command) => inSpanish(plain.commandUsage(command)),
    subcommandTerm: (command) => inSpanish(plain.subcommandTerm(command)),
    optionTerm: (option) => inSpanish(plain.optionTerm(option)),
    argumentTerm: (argument) => VALUES[argument.name()] ?? argument.name(),
    optionDescription: (option) => plain.optionDescription(option).replace('(default: ', '(por defecto: '),
  };
}

/** What Commander refuses, and how to say it in Spanish: the parts in brackets come from its English. */
const MISUSES: Readonly<Record<string, readonly [english: RegExp, spanish: string]>> = {
  'commander.unknownCommand': [/unknown command '(.*?)'/, 'no existe la orden «$1»'],
  'commander.unknownOption': [/unknown option '(.*?)'/, 'no existe la opción $1'],
  'commander.missingArgument': [/missing required argument '(.*?)'/, 'falta el argumento <$1>'],
  'commander.optionMissingArgument': [/option '(.*?)' argument missing/, 'a la opción $1 le falta su valor'],
  'commander.missingMandatoryOptionValue': [/required option '(.*?)' not specified/, 'falta la opción $1'],
  'commander.excessArguments': [
    /too many arguments.*?Expected (\d+) arguments? but got (\d+)\.?/, 'sobran argumentos: $1 como máximo y hay $2',
  ],
};

function misuse({ code, message }: CommanderError, path: string): WrongUse {
  const english = message.replace(/^error: /, '').replaceAll('\n', ' ');
  const [pattern, words] = MISUSES[code] ?? [/$^/, ''];
  const spanish = inSpanish(english.replace(pattern, words))
    .replace('Did you mean one of ', '¿Quiso decir una de estas: ').replace('Did you mean ', '¿Quiso decir ');
  const hint: Text = text(`Vea: ${path} --help`, `See: ${path} --help`);
  return new WrongUse(text(`${spanish}\n${hint.es}`, `${english}\n${hint.en}`));
}
