import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { textOf, wholeOf } from '../cells.ts';
import type { FactCounts, FactPosition, FactReader, MemberFact, MemberStanding, TicketFact } from '../facts.ts';
import { applyMembers, applyPositions } from './apply-members.ts';
import { applyTickets } from './apply-tickets.ts';
import { CommitLine } from './commit-line.ts';
import { FACT_SCHEMA_VERSION, FACT_TABLES } from './fact-tables.ts';
import { ScanThreads, WRITING_THREADS } from './scan-threads.ts';

/** What DuckDB may hold in memory before it spills to the temporary folder: the standalone process stays under 1 GB in all. */
const MEMORY_LIMIT_DEFAULT = '256MB';
/** For reads through all facts; two cores are shared with the tills' requests in standalone. */
const THREADS_DEFAULT = 2;
/** Log written before it is worked into the file: with DuckDB's 16 MB a third of a bulk load is spent on that. */
const LOG_BEFORE_CHECKPOINT = '64MB';
/** What spills may take on disk: a run over some hundred million lines. */
const TEMPORARY_SIZE_MAX = '20GB';

export interface FactSettings {
  /** Folder of this service; the facts are `<dataFolder>/facts/facts.duckdb`. */
  readonly dataFolder: string;
  /** DuckDB notation, for instance `256MB`. */
  readonly memoryLimit?: string | undefined;
  readonly threads?: number | undefined;
}

/** What one message batch brings. */
export interface FactChange {
  readonly tickets?: readonly TicketFact[];
  readonly members?: readonly MemberFact[];
  readonly position?: FactPosition | undefined;
}

/** The facts file is open elsewhere: exactly one process owns it. */
export class FactsInUse extends Error {
  constructor(file: string, owner: string) {
    super(`the facts ${file} are open in ${owner}; one process owns them: run one replica of segmentation, or stop the other`);
    this.name = 'FactsInUse';
  }
}

/** The operating system's lock does not keep one process from opening the file twice, so the process remembers. */
const openFiles = new Set<string>();

/**
 * Purchase and member facts in one DuckDB file. Writers wait in line and each change is whole in one transaction; readers see a snapshot. A
 * kill at any instant leaves the committed changes (write-ahead log). Plain class: start it with `open`, end it with `close`.
 */
export class FactStore implements FactReader, MemberStanding {
  readonly #file: string;
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #threads: ScanThreads;
  readonly #line = new CommitLine<FactChange>((changes) => this.#commit(changes));
  #closed = false;
  readonly #readers = new Set<Promise<unknown>>();

  private constructor(opened: { file: string; instance: DuckDBInstance; writer: DuckDBConnection; threads: ScanThreads }) {
    this.#file = opened.file;
    this.#instance = opened.instance;
    this.#writer = opened.writer;
    this.#threads = opened.threads;
  }

  /** Opens or makes the facts. Throws FactsInUse when this or another process has them open. */
  static async open(settings: FactSettings): Promise<FactStore> {
    const folder = resolve(settings.dataFolder, 'facts');
    const file = join(folder, 'facts.duckdb');
    if (openFiles.has(file)) throw new FactsInUse(file, 'this process');
    openFiles.add(file);
    try {
      await mkdir(join(folder, 'temporary'), { recursive: true });
      const instance = await openInstance(file, settings);
      const writer = await instance.connect();
      await prepareTables(writer, file);
      return new FactStore({ file, instance, writer, threads: new ScanThreads(instance, settings.threads ?? THREADS_DEFAULT) });
    } catch (error) {
      openFiles.delete(file);
      throw error;
    }
  }

  /** Applies a change; when this returns it is durable. A throw means nothing of it was applied. */
  async apply(change: FactChange): Promise<void> {
    if (this.#closed) throw new Error('the facts are closed');
    await this.#line.add(change);
  }

  async #commit(changes: readonly FactChange[]): Promise<void> {
    await this.#writer.run('BEGIN TRANSACTION');
    try {
      await applyTickets(this.#writer, changes.flatMap(({ tickets }) => tickets ?? []));
      await applyMembers(this.#writer, changes.flatMap(({ members }) => members ?? []));
      await applyPositions(this.#writer, changes.flatMap(({ position }) => position ?? []));
      await this.#writer.run('COMMIT');
    } catch (error) {
      await this.#writer.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async read<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.#awaited(() => this.#threads.during(() => this.#readNow(work)));
  }

  /** A read of a few rows. */
  #look<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> { return this.#awaited(() => this.#readNow(work)); }

  /** Closing waits for it. */
  async #awaited<T>(read: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('the facts are closed');
    const reading = read();
    this.#readers.add(reading);
    try {
      return await reading;
    } finally {
      this.#readers.delete(reading);
    }
  }

  async #readNow<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = await this.#instance.connect();
    try {
      await connection.run('BEGIN TRANSACTION');
      return await work(connection);
    } finally {
      connection.disconnectSync();
    }
  }

  /** How much is kept, of one tenant or of all: what a demo or an import waits on. */
  async factCounts(tenant?: string): Promise<FactCounts> {
    const count = (table: string): string => `(SELECT count(*) FROM ${table} WHERE $tenant::VARCHAR IS NULL OR tenant = $tenant)`;
    const sql = `SELECT ${count('ticket')}, ${count('line')}, ${count('member')}`;
    const [row] = await this.#look(async (connection) => (await connection.run(sql, { tenant: tenant ?? null })).getRows());
    const [tickets, lines, members] = (row ?? []).map(wholeOf);
    return { tickets: tickets ?? 0, lines: lines ?? 0, members: members ?? 0 };
  }

  /** Last message of each partition whose effect is kept. */
  async factPositions(): Promise<readonly FactPosition[]> {
    return this.#look(readPositions);
  }

  async inactiveAmong(tenant: string, memberIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (memberIds.length === 0) return new Set();
    const sql = `SELECT member_id FROM member
      WHERE tenant = $tenant AND status <> 'active' AND member_id IN (SELECT unnest(string_split($ids, ',')))`;
    const found = await this.#look(async (connection) => (await connection.run(sql, { tenant, ids: memberIds.join(',') })).getRows());
    return new Set(found.map(([memberId]) => textOf(memberId)));
  }

  /**
   * Messages not yet in the facts, given the offset of the last message of each partition. Exact where offsets are contiguous
   * (PostgreSQL bus), an upper bound for Kafka.
   */
  async factsLag(heads: readonly FactPosition[]): Promise<number> {
    const kept = new Map((await this.factPositions()).map((at) => [`${at.topic}\n${at.partition}`, at.offset]));
    let lag = 0n;
    for (const head of heads) {
      const behind = head.offset - (kept.get(`${head.topic}\n${head.partition}`) ?? -1n);
      if (behind > 0n) lag += behind;
    }
    return Number(lag);
  }

  /** Waits for what is in hand, writes the log into the file and lets go of it. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#line.idle();
    await Promise.allSettled(this.#readers);
    await this.#writer.run('CHECKPOINT').catch(() => undefined);
    this.#writer.disconnectSync();
    this.#instance.closeSync();
    openFiles.delete(this.#file);
  }
}

/** Positions as seen by a reader's snapshot. */
export async function readPositions(connection: DuckDBConnection): Promise<readonly FactPosition[]> {
  const rows = await (await connection.run('SELECT topic, part, last_offset FROM position ORDER BY topic, part')).getRows();
  return rows.map(([topic, part, offset]) => ({ topic: textOf(topic), partition: wholeOf(part), offset: BigInt(wholeOf(offset)) }));
}

async function openInstance(file: string, settings: FactSettings): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(file, {
      memory_limit: settings.memoryLimit ?? MEMORY_LIMIT_DEFAULT,
      threads: String(WRITING_THREADS),
      temp_directory: join(file, '..', 'temporary'),
      max_temp_directory_size: TEMPORARY_SIZE_MAX,
      wal_autocheckpoint: LOG_BEFORE_CHECKPOINT,
      // Extensions are code from the network: nothing beyond what is linked in may be loaded.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      // Row order means nothing to us, and keeping it costs memory.
      preserve_insertion_order: 'false',
    });
  } catch (error) {
    const owner = /Conflicting lock is held in .*\((PID \d+)\)/.exec(String(error))?.[1];
    if (String(error).includes('Could not set lock')) throw new FactsInUse(file, `another process (${owner ?? 'unknown'})`);
    throw error;
  }
}

async function prepareTables(writer: DuckDBConnection, file: string): Promise<void> {
  await writer.run(`BEGIN TRANSACTION; ${FACT_TABLES}`);
  const [found] = await (await writer.run('SELECT version FROM fact_schema')).getRows();
  if (!found) await writer.run(`INSERT INTO fact_schema VALUES (${FACT_SCHEMA_VERSION})`);
  await writer.run('COMMIT');
  if (found && wholeOf(found[0]) !== FACT_SCHEMA_VERSION) {
    const versions = `have version ${wholeOf(found[0])}, this program reads ${FACT_SCHEMA_VERSION}`;
    throw new Error(`the facts ${file} ${versions}: start the program that wrote them`);
  }
}
