import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RequestRefused, TrebolClient } from '../command-line/client.ts';

const program = join(import.meta.dirname, '..', '..', 'dist', 'command-line', 'trebol.js');
const startDistributed = join(import.meta.dirname, '..', '..', '..', '..', 'tools', 'start-distributed');
const distributed = join(startDistributed, 'run.mjs');

/** How a process ended and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `trebol` process started by a test. */
export class TrebolProcess {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;

  private constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => { this.stdout += chunk.toString(); });
    child.stderr?.on('data', (chunk: Buffer) => { this.stderr += chunk.toString(); });
    this.ended = new Promise((done) => {
      child.once('close', (code, signal) => done({ code, signal, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  static spawn(args: readonly string[], env: NodeJS.ProcessEnv = {}, run = program): TrebolProcess {
    const child = spawn(process.execPath, ['--no-warnings', run, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'], env: {
        ...process.env, NODE_OPTIONS: '', LANG: 'en_GB.UTF-8', LC_ALL: '', TREBOL_DATA: '', ...env
      },
    });
    return new TrebolProcess(child);
  }

  /** Resolves when standard output matches; fails when the process ends first. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    const over = this.ended.then(
      (ended) => {
        throw new Error(
          `ended with ${ended.code ?? ended.signal} before it printed ${pattern}: ${ended.stdout}${ended.stderr}`
        );
      }
    );
    const seen = new Promise<RegExpExecArray>((done) => {
      const look = (): void => { const found = pattern.exec(this.stdout); if (found) done(found); };
      this.child.stdout?.on('data', look);
      look();
    });
    return Promise.race([seen, over]);
  }
}

/** Runs a command to its end. */
export const trebol = (...args: readonly string[]): Promise<Ended> => TrebolProcess.spawn(args).ended;

/** What `trebol verify` found, as far as tests compare it. */
export interface Verified {
  readonly wallets: number;
  readonly balancesHash: string;
  readonly differences: readonly string[];
}

/** Verifies the stores of a data folder, whether its platform runs or not; `env` names other stores than its PostgreSQL. */
export async function verified(folder: string, env: NodeJS.ProcessEnv = {}): Promise<Verified> {
  const ended = await TrebolProcess.spawn(['--json', '--data', folder, 'verify'], env).ended;
  const { wallets, balancesHash, differences } = JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '') as Verified;
  return { wallets, balancesHash, differences };
}

/** Runs a driver that kills what it starts (`docs/faults.md`) to its end; answers its exit code and what it told, line by line. */
export async function told<Event>(driver: 'faults' | 'crashes', ...args: readonly string[]): Promise<{ code: number | null; events: readonly Event[] }> {
  const { code, stdout, stderr } = await TrebolProcess.spawn([...args, '--json'], {}, join(startDistributed, `${driver}.mjs`)).ended;
  const events = stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Event);
  if (events.length === 0) throw new Error(`${driver} ended with ${code}: ${stderr}`);
  return { code, events };
}

/** A platform serving on a free port, with its admin key. */
export interface Served {
  readonly process: TrebolProcess;
  readonly url: string;
  readonly key: string;
  readonly client: TrebolClient;
  /** Separate processes: where each answers and its process id at the start. */
  readonly services: Readonly<Record<string, { readonly url: string; readonly pid: number }>>;
}

/**
 * Starts a platform on a folder (`key` is needed for one that has been started before). It may end before it
 * serves: `served` fails then.
 */
export function launch(
  folder: string, more: readonly string[] = [], key?: string, env: NodeJS.ProcessEnv = {}
) {
  return answering(
    TrebolProcess.spawn(['--json', '--data', folder, 'start', '--port', '0', ...more], env), key
  );
}

/** The same as one process for each service behind a gateway. */
export function launchDistributed(
  folder: string, more: readonly string[] = [], key?: string, env: NodeJS.ProcessEnv = {}
) {
  return answering(
    TrebolProcess.spawn(['--json', '--data', folder, '--port', '0', ...more], env, distributed), key
  );
}

function answering(started: TrebolProcess, key: string | undefined) {
  const served = started.prints(/\{"event":"ready".*\}/).then(([line]): Served => {
    const ready = JSON.parse(line) as { url: string; adminKey?: string; services?: Served['services'] };
    const known = ready.adminKey ?? key ?? '';
    return {
      process: started, url: ready.url, key: known, client: new TrebolClient(ready.url, known, 'en'),
      services: ready.services ?? {},
    };
  });
  return { process: started, served };
}

/** A platform that serves: see `launch`. */
export const serve = (...given: Parameters<typeof launch>): Promise<Served> => launch(...given).served;

/** One process for each service: see `launchDistributed`. */
export const serveDistributed = (...given: Parameters<typeof launchDistributed>): Promise<Served> => launchDistributed(...given).served;

/** Ends what a killed platform has left running: the PostgreSQL of its data folder. */
export async function endLeftOver(folder: string): Promise<void> {
  const pid = Number(
    (await readFile(
      join(folder, 'postgres', 'cluster', 'postmaster.pid'), 'utf8'
    ).catch(() => '')).split('\n')[0]
  );
  if (pid > 0) try { process.kill(pid, 'SIGQUIT'); } catch { /* it had ended */ }
}

/** The refusal that a request is answered with; fails when it is accepted. */
export const refusal = (work: Promise<unknown>): Promise<RequestRefused> =>
  work.then(() => { throw new Error('was accepted'); }, (error: unknown) => error as RequestRefused);
