import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** A service that has ended this often within a minute is not started again. */
const RESTARTS_A_MINUTE_MAX = 5;
/** Pause before a service is started again, doubling with each time within the minute, in milliseconds. */
const RESTART_MS_MIN = 200;
/** Longest such pause: what it waited for may be back. */
const RESTART_MS_MAX = 3_000;
/** Longest wait for a service to answer, in milliseconds: the first start installs schemas. */
const READY_MS_MAX = 60_000;
/** Longest wait for a service to stop in order; then it is killed. Its own limit is 25 s. */
const STOP_MS_MAX = 30_000;

const READY = /^\{"event":"ready".*\}$/m;

/**
 * One service as an operating-system process, started again when it ends by itself. Its standard input is a
 * pipe that this process holds: when this process is gone, so is the service.
 */
export class ServiceProcess {
  /** Where it answers; undefined while it does not. */
  url;
  #options;
  #child;
  #log;
  #stopping = false;
  #ends = [];
  #restarting = Promise.resolve();
  #gone = Promise.resolve();

  /** @param {{ service: string, environment: () => Record<string, string>, logFile: string, gaveUp: (reason: string) => void,
   *   ended?: (how: { service: string, exit: number | string }) => void, restartsMax?: number, program?: string, readyMsMax?: number }} options
   * `ended`: told when the service ended by itself; `program`: another than the service's own */
  constructor(options) {
    this.#options = options;
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
  }

  get pid() { return this.#child?.pid; }
  get service() { return this.#options.service; }

  /** Resolves when it answers. */
  async start() {
    const { service, environment, program = join('services', service, 'dist', 'main.js') } = this.#options;
    const child = spawn(process.execPath, ['--no-warnings', '--import', '@trebol/chassis/otel', program], {
      cwd: root, stdio: ['pipe', 'pipe', 'pipe'], detached: true, env: environment(),
    });
    this.#child = child;
    // Written to after the child has gone, the pipe breaks; that is no news.
    child.stdin.on('error', () => undefined);
    child.stderr.pipe(this.#log, { end: false });
    child.stdout.pipe(this.#log, { end: false });
    this.#gone = new Promise(
      (done) => { child.once('close', (code, signal) => { this.#ended(child, code ?? signal); done(); }); }
    );
    await this.#ready(child);
  }

  /** SIGTERM, and the end; SIGKILL when it takes too long. Answers with true when it stopped in order. */
  async stop() {
    this.#stopping = true;
    await this.#restarting.catch(() => undefined);
    const { exitCode, signalCode } = this.#child ?? { exitCode: 0 };
    if (exitCode !== null || signalCode) return true;
    this.kill('SIGTERM');
    let late = false;
    const timer = setTimeout(() => { late = true; this.kill('SIGKILL'); }, STOP_MS_MAX);
    await this.#gone;
    clearTimeout(timer);
    return !late && this.#child.exitCode === 0;
  }

  /** How the last child ended: an exit code or a signal's name. */
  get exit() { return this.#child?.exitCode ?? this.#child?.signalCode; }

  kill(signal) { this.#child?.kill(signal); }

  #ready(child) {
    const { readyMsMax = READY_MS_MAX, logFile } = this.#options;
    return new Promise((done, fail) => {
      let text = '';
      const timer = setTimeout(() => {
        fail(new Error(`${this.service} did not answer within ${readyMsMax} ms; see ${logFile}`));
        // It neither serves nor ends: left alone it would hold its connections, and nobody would start another.
        child.kill('SIGKILL');
      }, readyMsMax);
      child.once(
        'close',
        (code, signal) => {
          clearTimeout(timer);
          fail(
            new Error(
              `${this.service} ended with ${code ?? signal} before it answered; see ${logFile}`
            )
          );
        }
      );
      const look = (chunk) => {
        text += chunk;
        const found = READY.exec(text);
        if (!found) return;
        child.stdout.off('data', look);
        clearTimeout(timer);
        this.url = JSON.parse(found[0]).url;
        done();
      };
      child.stdout.on('data', look);
    });
  }

  #ended(child, how) {
    if (child !== this.#child) return;
    this.url = undefined;
    if (this.#stopping) return;
    const now = performance.now();
    this.#ends = [...this.#ends.filter((at) => now - at < 60_000), now];
    const { gaveUp, restartsMax = RESTARTS_A_MINUTE_MAX, logFile, ended } = this.#options;
    ended?.({ service: this.service, exit: how });
    if (this.#ends.length > restartsMax) {
      gaveUp(
        `${this.service} ended ${this.#ends.length} times within a minute, lastly with ${how}; see ${logFile}`
      );
      return;
    }
    this.#restarting = new Promise(
      (done) => { setTimeout(done, Math.min(RESTART_MS_MAX, RESTART_MS_MIN * 2 ** (this.#ends.length - 1))); }
    )
      // A start that fails is an end, and comes here again.
      .then(() => (this.#stopping ? undefined : this.start().catch(() => undefined)));
  }
}
