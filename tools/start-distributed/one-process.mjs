import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { patientClient } from './patient-client.mjs';
import { openOperations } from './standalone-parts.mjs';

const program = join(import.meta.dirname, '..', '..', 'services', 'standalone', 'dist', 'command-line', 'trebol.js');
const READY = /^\{"event":"ready".*\}$/m;
/** Longest wait for the platform to answer, in milliseconds. */
const READY_MS_MAX = 120_000;

/** The platform in one process, a sandbox, on a folder and a port that stay the same however often it dies. */
export class OneProcess {
  /** Where the sandbox's clock stands at least. */
  now;
  /** Resolves when the process that runs now has ended. */
  ended = Promise.resolve();
  #options;
  #child;
  #port;
  #key;

  /** @param {{ folder: string, eventStoreUrl?: string, now: number }} options */
  constructor(options) {
    this.#options = options;
    this.now = options.now;
  }

  /** Asks it, patiently, also while it is away. */
  get ask() { return patientClient(`http://127.0.0.1:${this.#port}`, this.#key); }

  /** @param {{ point: string, occurrence: number } | undefined} crash where it is to die once it is armed */
  async start(crash) {
    this.#port ??= await freePort();
    const { folder, eventStoreUrl } = this.#options;
    const child = spawn(process.execPath, [
      '--no-warnings', program, '--json', '--data', folder, 'start', '--port', String(this.#port), '--clock', new Date(this.now).toISOString(),
    ], {
      stdio: ['ignore', 'pipe', 'inherit'], env: {
        ...process.env, ...(eventStoreUrl ? { EVENT_STORE_URL: eventStoreUrl } : {}),
        ...(crash ? { TREBOL_TEST_CRASH_AT: `${crash.point}:${crash.occurrence}@SIGUSR2` } : {}),
      },
    });
    this.#child = child;
    this.ended = new Promise((done) => { child.once('close', done); });
    const { adminKey } = await readyOf(child);
    this.#key ??= adminKey;
  }

  /** From now on its crash point counts. */
  arm() { this.#child.kill('SIGUSR2'); }

  async kill() {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  async stop() {
    this.#child?.kill('SIGTERM');
    await this.ended;
  }

  /** Proves the books beside the platform that runs. */
  async verify() {
    const { folder, eventStoreUrl } = this.#options;
    const operations = await openOperations({ databaseUrl: undefined, busUrl: undefined, eventStoreUrl, dataFolder: folder });
    try {
      return await operations.verify();
    } finally {
      await operations.close();
    }
  }
}

function readyOf(child) {
  return new Promise((done, fail) => {
    let text = '';
    const timer = setTimeout(() => { child.kill('SIGKILL'); }, READY_MS_MAX);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      fail(new Error(`the platform ended with ${code ?? signal} before it answered: ${text}`));
    });
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const found = READY.exec(text);
      if (!found) return;
      clearTimeout(timer);
      done(JSON.parse(found[0]));
    });
  });
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  const { port } = server.address();
  await new Promise((done) => { server.close(done); });
  return port;
}
