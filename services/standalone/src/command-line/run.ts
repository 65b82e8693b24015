import { systemClock } from '@trebol/chassis';
import type { Language } from '@trebol/contracts';
import { languageOf, ownVariables, readEnvironment } from './environment.ts';
import { EXIT, endingOf } from './faults.ts';
import { programIn } from './program.ts';
import { type GlobalOptions, openSession, WrongUse } from './session.ts';
import { text } from './texts.ts';

/** Runs one command line and answers with its exit code; the language is known before anything is said. */
export async function run(argv: readonly string[], env = ownVariables()): Promise<number> {
  const asked = languageAsked(argv);
  const language: Language = asked === 'es' || asked === 'en' ? asked : languageOf(env);
  try {
    if (asked !== undefined && asked !== language) {
      throw new WrongUse(text(`--lang ${asked}: se habla es y en`, `--lang ${asked}: es and en are spoken`));
    }
    const environment = { ...readEnvironment(env), language };
    const program = programIn(language, (command) => openSession(
      environment, command.optsWithGlobals<GlobalOptions>(), systemClock
    ));
    await program.parse(argv);
    return EXIT.done;
  } catch (error) {
    const { exitCode, lines } = endingOf(error, language);
    for (const line of lines) process.stderr.write(`${line}\n`);
    return exitCode;
  }
}

/** The value of `--lang`, wherever it stands: help and refusals need it before the options are parsed. */
function languageAsked(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((word) => word === '--lang' || word.startsWith('--lang='));
  const word = argv[at];
  return word === '--lang' ? argv[at + 1] : word?.slice('--lang='.length);
}
