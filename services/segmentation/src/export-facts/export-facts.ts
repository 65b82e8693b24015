import type { DuckDBConnection } from '@duckdb/node-api';
import { prefixedId, type Clock } from '@trebol/contracts';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FactPosition, FactReader } from '../facts.ts';
import { type FactTable, fileOf, type ParquetFile, writeParquet } from './write-parquet.ts';

/** Exports kept of a tenant: the newest, and the one before it that somebody may still be fetching. Each is as large as the facts. */
export const FACT_EXPORTS_KEPT = 2;

export const factsId = prefixedId('fct');

/** The facts as files: of one instant, so that they agree with each other. */
export interface FactExport {
  readonly factsId: string;
  /** RFC 3339. */
  readonly createdAt: string;
  /** How far the topics had been read. */
  readonly positions: readonly { readonly topic: string; readonly partition: number; readonly offset: string }[];
  /** `file`: path of the file. */
  readonly files: readonly (ParquetFile & { readonly file: string })[];
}

export interface ExportFactsParts {
  readonly clock: Clock;
  readonly facts: FactReader;
  readonly positions: (connection: DuckDBConnection) => Promise<readonly FactPosition[]>;
  /** Folder of this service; files go to `<dataFolder>/exports/facts`. */
  readonly dataFolder: string;
}

/** Writes a tenant's facts as Parquet for whoever analyses them elsewhere; one at a time, as they would share DuckDB's memory. */
export class ExportFacts {
  readonly #parts: ExportFactsParts;
  #inLine: Promise<unknown> = Promise.resolve();

  constructor(parts: ExportFactsParts) {
    this.#parts = parts;
  }

  /** Makes the export, or answers the one that has this id. The oldest beyond those kept are removed. */
  async create(tenant: string, id: string): Promise<FactExport> {
    const mine = this.#inLine.then(async () => await this.find(tenant, id) ?? this.#write(tenant, id));
    this.#inLine = mine.catch(() => undefined);
    return mine;
  }

  /** An export that is still kept. */
  async find(tenant: string, id: string): Promise<FactExport | undefined> {
    const text = await readFile(join(this.#folder(tenant), id, MANIFEST), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : JSON.parse(text) as FactExport;
  }

  /** Where a file of an export is. */
  path(tenant: string, id: string, table: FactTable): string {
    return fileOf(join(this.#folder(tenant), id), table);
  }

  async #write(tenant: string, id: string): Promise<FactExport> {
    const { clock, facts, positions } = this.#parts;
    const folder = this.#folder(tenant);
    const part = join(folder, `${id}${UNFINISHED}`);
    await rm(part, { recursive: true, force: true });
    await mkdir(part, { recursive: true });
    const { files, at } = await facts.read(async (connection) => ({
      files: await writeParquet(connection, tenant, part), at: await positions(connection),
    }));
    const made: FactExport = {
      factsId: id, createdAt: new Date(clock.now()).toISOString(),
      positions: at.map(({ topic, partition, offset }) => ({ topic, partition, offset: offset.toString() })),
      files: files.map((file) => ({ ...file, file: `/v1/segmentation/facts/${id}/${file.table}` })),
    };
    await writeFile(join(part, MANIFEST), `${JSON.stringify(made, null, 2)}\n`);
    await rename(part, join(folder, id));
    await removeOlder(folder, id);
    return made;
  }

  #folder(tenant: string): string {
    return join(this.#parts.dataFolder, 'exports', 'facts', `of-${encodeURIComponent(tenant)}`);
  }
}

const MANIFEST = 'manifest.json';
const UNFINISHED = '.part';

/** Leaves the export that was just made and the newest others; what a crash left unfinished goes too. */
async function removeOlder(folder: string, made: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name !== made);
  const dated = await Promise.all(names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })));
  const finished = dated.filter(({ name }) => !name.endsWith(UNFINISHED)).toSorted((left, right) => right.at - left.at);
  const kept = new Set(finished.slice(0, FACT_EXPORTS_KEPT - 1).map(({ name }) => name));
  for (const name of names) if (!kept.has(name)) await rm(join(folder, name), { recursive: true, force: true });
}
