import { ConfigError, OtherIdentifierKey } from '@trebol/chassis';
import { type Language, printable } from '@trebol/contracts';
import { CommanderError } from 'commander';
import { NotedHeadsUnusable } from '../operations/noted-heads.ts';
import { NotThisPlatform } from '../platform/data-folder.ts';
import { DataFolderInUse } from '../platform/folder-lock.ts';
import { PlatformUnreachable, RequestRefused } from './client.ts';
import { AnswerIsNo, Interrupted, WrongUse } from './session.ts';
import { text, type Text } from './texts.ts';

/** Exit codes of every command (`api.md` §4). */
export const EXIT = { done: 0, answerIsNo: 1, wrongUse: 2, broke: 3, interrupted: 130 } as const;

/** How a command that threw ends: its exit code, and what is said of it, nothing where enough was said. */
export interface Ending {
  readonly exitCode: number;
  readonly lines: readonly string[];
}

const silent = (exitCode: number): Ending => ({ exitCode, lines: [] });

/** The only place where a failure is put into words. None of its lines can command a terminal. */
export function endingOf(error: unknown, language: Language): Ending {
  if (error instanceof CommanderError) return silent(error.exitCode === 0 ? EXIT.done : EXIT.wrongUse);
  if (error instanceof AnswerIsNo) return silent(EXIT.answerIsNo);
  if (error instanceof Interrupted) return silent(EXIT.interrupted);
  const said = (exitCode: number, words: string): Ending => (
    { exitCode, lines: `trebol: ${words}`.split('\n').map(printable) }
  );
  if (error instanceof RequestRefused) return said(exitCodeOfRefusal(error.status), refusalOf(error));
  const mistake = mistakeOf(error);
  if (mistake) return said(EXIT.wrongUse, mistake[language]);
  const ordinary = ordinaryOf(error);
  if (ordinary) return said(EXIT.broke, ordinary[language]);
  const words = error instanceof Error ? error.stack ?? error.message : String(error);
  return said(EXIT.broke, `${text('error imprevisto: ', 'unforeseen error: ')[language]}${words}`);
}

/** A key that may not is wrong use; a platform that failed broke; everything else is its answer. */
function exitCodeOfRefusal(status: number): number {
  if (status === 401 || status === 403) return EXIT.wrongUse;
  return status >= 500 ? EXIT.broke : EXIT.answerIsNo;
}

/** As the platform said it, in the reader's language, and where: a line for each part of the request. */
function refusalOf({ status, problem }: RequestRefused): string {
  const { code, title, detail, errors = [] } = problem;
  const parts = errors.map(({ pointer, message }) => `\n  ${pointer}: ${message}`);
  return `${detail ?? title ?? ''} (${status}${code === undefined ? '' : ` ${code}`})${parts.join('')}`;
}

/** Why a folder cannot be used; in English the error says it itself. */
const FOLDERS: Readonly<Record<NotThisPlatform['reason'], string>> = {
  empty: 'no tiene todavía una plataforma; trebol start crea una',
  realUse: 'está en uso real: --clock es para una carpeta propia',
  sandbox: 'es un entorno de pruebas: arránquelo con --clock, o use otra carpeta',
};

const HEADS: Readonly<Record<NotedHeadsUnusable['reason'], (path: string) => Text>> = {
  unreadable: (path) => text(`--heads: no se puede leer ${path}`, `--heads: cannot read ${path}`),
  notJson: (path) => text(`--heads: ${path} no es JSON`, `--heads: ${path} is not JSON`),
  notHeads: (path) => text(
    `--heads: ${path} no es lo que imprime trebol verify --json`,
    `--heads: ${path} is not what trebol verify --json prints`
  ),
  none: (path) => text(`--heads: en ${path} no hay ninguna cadena`, `--heads: there are no chain heads in ${path}`),
};

/** What the caller can mend by asking otherwise. */
function mistakeOf(error: unknown): Text | undefined {
  if (error instanceof WrongUse) return error.text;
  if (error instanceof DataFolderInUse) {
    return text(
      `la carpeta ${error.folder} la tiene abierta el proceso ${error.pid}; con la plataforma en marcha use --url y --key`,
      `the folder ${error.folder} is in use by process ${error.pid}; with a running platform use --url and --key`
    );
  }
  if (error instanceof NotThisPlatform) return text(`${error.path} ${FOLDERS[error.reason]}`, error.message);
  if (error instanceof NotedHeadsUnusable) return HEADS[error.reason](error.path);
  if (error instanceof OtherIdentifierKey) {
    return text(
      'esta base de datos se llenó con otra clave de identificadores: use su carpeta de datos, o su clave en TREBOL_IDENTIFIER_KEY',
      error.message
    );
  }
  if (!(error instanceof ConfigError)) return undefined;
  const lines = (language: Language) => error.wrong.map(({ name, message }) => `\n  ${name}: ${message[language]}`).join('');
  return text(`las variables de entorno no son válidas:${lines('es')}`, `the environment is not valid:${lines('en')}`);
}

/** What the network and the operating system say of an ordinary day: the words are enough, nobody needs a stack. */
function ordinaryOf(error: unknown): Text | undefined {
  if (error instanceof PlatformUnreachable) return unreachable(error);
  if (!(error instanceof Error)) return undefined;
  const { code = '', path, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  const where = path ?? (port === undefined ? undefined : `${address ?? ''}:${port}`);
  const said = SYSTEM[code];
  return said && where !== undefined ? text(`${where}: ${said.es}`, `${where}: ${said.en}`) : said && text(
    `${said.es} (${error.message})`, `${said.en} (${error.message})`
  );
}

const SYSTEM: Readonly<Record<string, Text>> = {
  EADDRINUSE: text('ese puerto ya está en uso; otro con --port', 'that port is in use; another with --port'),
  EADDRNOTAVAIL: text('esta máquina no tiene esa dirección', 'this machine does not have that address'),
  EACCES: text('no hay permiso', 'permission denied'),
  EPERM: text('no hay permiso', 'permission denied'),
  ENOENT: text('no existe', 'there is no such file or folder'),
  ENOTDIR: text('no es una carpeta', 'is not a folder'),
  EISDIR: text('es una carpeta', 'is a folder'),
  EEXIST: text('ya existe y no es una carpeta', 'is there already and is not a folder'),
  EROFS: text('solo se puede leer', 'is read-only'),
  ENOSPC: text('no queda espacio en el disco', 'no space is left on the disk'),
  ECONNREFUSED: text('nadie responde ahí', 'nobody answers there'),
  ECONNRESET: text('la conexión se cortó', 'the connection was cut'),
  UND_ERR_SOCKET: text('la conexión se cortó', 'the connection was cut'),
  ENOTFOUND: text('no se conoce ese nombre de máquina', 'that host name is not known'),
  EAI_AGAIN: text('no se conoce ese nombre de máquina', 'that host name is not known'),
  ETIMEDOUT: text('no contesta a tiempo', 'does not answer in time'),
  UND_ERR_CONNECT_TIMEOUT: text('no contesta a tiempo', 'does not answer in time'),
};

function unreachable({ url, reason }: PlatformUnreachable): Text {
  const { es, en } = SYSTEM[reason] ?? text(reason, reason);
  return text(
    `no se puede hablar con la plataforma en ${url}: ${es}`, `cannot talk to the platform at ${url}: ${en}`
  );
}
