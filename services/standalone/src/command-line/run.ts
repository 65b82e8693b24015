import { ConfigError, OtherIdentifierKey, systemClock } from '@trebol/chassis';
import { Command, CommanderError } from 'commander';
import { NotThisPlatform } from '../platform/data-folder.ts';
import { DataFolderInUse } from '../platform/folder-lock.ts';
import { PlatformUnreachable, RequestRefused } from './client.ts';
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
import { readEnvironment } from './environment.ts';
import {
  AnswerIsNo, type GlobalOptions, Interrupted, openSession, type SessionOf, WrongUse,
} from './session.ts';

const VERSION = '0.1.0';

/** Exit codes of every command (`api.md` §4). */
export const EXIT = { done: 0, answerIsNo: 1, wrongUse: 2, broke: 3, interrupted: 130 } as const;

/** Runs one command line and answers with its exit code; every failure is said in one place. */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    const environment = readEnvironment();
    const sessionOf: SessionOf = (command) => openSession(
      environment, command.optsWithGlobals<GlobalOptions>(), systemClock
    );
    await program(sessionOf).parseAsync([...argv]);
    return EXIT.done;
  } catch (error) {
    return exitCodeOf(error);
  }
}

const COMMANDS = [
  startCommand, demoCommand, importCommand, balanceCommand, verifyCommand, rebuildCommand, segmentCommand, keysCommand,
  dlqCommand, databaseCommand,
  doctorCommand,
];

function program(sessionOf: SessionOf): Command {
  const root = new Command('trebol')
    .description('Trébol: loyalty platform / plataforma de fidelización')
    .option('--json', 'one JSON document per line on standard output')
    .option('--lang <language>', 'es or en (default: by LANG)')
    .option('--url <url>', 'a running platform (TREBOL_URL); without it the data folder is opened')
    .option('--key <key>', 'API key for --url (TREBOL_KEY)')
    .option('--data <folder>', 'data folder (TREBOL_DATA, default ./data)')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError();
  for (const add of COMMANDS) add(root, sessionOf);
  return root;
}

/** What the operating system says of an ordinary mistake: the words are enough, nobody needs a stack. */
const ORDINARY = new Set([
  'EADDRINUSE', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'EEXIST', 'EROFS', 'ENOSPC', 'ECONNREFUSED',
  'ERR_SOCKET_BAD_PORT',
]);

/** What the caller can mend by asking otherwise. */
const MISTAKES = [WrongUse, DataFolderInUse, NotThisPlatform, OtherIdentifierKey, ConfigError];

/** Says what went wrong, once, and answers with the exit code. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.wrongUse;
  if (error instanceof AnswerIsNo) return EXIT.answerIsNo;
  if (error instanceof Interrupted) return EXIT.interrupted;
  process.stderr.write(`trebol: ${error instanceof Error ? error.message : String(error)}\n`);
  if (MISTAKES.some((mistake) => error instanceof mistake)) return EXIT.wrongUse;
  if (error instanceof RequestRefused) return exitCodeOfRefusal(error.status);
  if (isUnforeseen(error)) process.stderr.write(`${error.stack}\n`);
  return EXIT.broke;
}

const isUnforeseen = (error: unknown): error is Error =>
  error instanceof Error && !(error instanceof PlatformUnreachable) && !ORDINARY.has(
    (error as NodeJS.ErrnoException).code ?? ''
  );

/** A key that may not is wrong use; a platform that failed broke; everything else is its answer. */
function exitCodeOfRefusal(status: number): number {
  if (status === 401 || status === 403) return EXIT.wrongUse;
  return status >= 500 ? EXIT.broke : EXIT.answerIsNo;
}
