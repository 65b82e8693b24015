import type { ClientBase } from 'pg';
import { type CopyStreamQuery, from } from 'pg-copy-streams';

import { BinaryWriter } from './binary-writer.ts';
import { codingOf, type ColumnType, notOfType, writeValue } from './column-types.ts';

/** Where rows go: `table` is `schema.table` (or `table`), both taken literally and quoted here. */
export interface CopyTarget {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
}

/** Bytes gathered before they are handed to the socket: past the gain of larger writes, and bounded whatever the number of rows. */
const CHUNK_BYTES = 131_072;
/** A chunk may run over by its last row; spare room saves the first growth. */
const CHUNK_SPARE_BYTES = 16_384;
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');

/**
 * Writes rows by binary COPY and answers their number. One round trip to start and one to end; memory is one chunk, and the
 * next chunk is encoded when the socket has taken the last. `client` must be a connection of its own (not a pool), in or out
 * of a transaction. Throws a TypeError naming row (from 0) and column for a value that does not fit, and PostgreSQL's error as it is;
 * after either a transaction in progress must be rolled back. Values as in `binaryArray`.
 */
export async function copyRows(
  client: ClientBase, target: CopyTarget, rows: readonly (readonly unknown[])[],
): Promise<number> {
  if (rows.length === 0) return 0;
  const codings = target.columns.map((column) => codingOf(column.type));
  const columns = target.columns.map((column) => quoted(column.name)).join(', ');
  const table = target.table.split('.').map(quoted).join('.');
  const sink = new CopySink(client, `COPY ${table} (${columns}) FROM STDIN (FORMAT binary)`);
  const writer = new BinaryWriter(CHUNK_BYTES + CHUNK_SPARE_BYTES);
  try {
    SIGNATURE.forEach((byte) => { writer.byte(byte); });
    writer.int32(0); // flags
    writer.int32(0); // length of the header's extension
    for (let index = 0; index < rows.length; index += 1) {
      const row = rows[index] ?? [];
      if (row.length !== codings.length) throw new TypeError(`row ${index} has ${row.length} values for ${codings.length} columns`);
      writer.int16(codings.length);
      writeRow(writer, { codings, row, index, target });
      if (writer.length >= CHUNK_BYTES) writer.reset(await sink.write(writer.written()));
    }
    writer.int16(-1); // trailer
    return await sink.end(writer.written());
  } catch (error) {
    await sink.abandon(error);
    throw error;
  }
}

/** A plain loop: this runs for every row, and a closure for each would be garbage at once. */
function writeRow(writer: BinaryWriter, { codings, row, index, target }: {
  readonly codings: readonly ReturnType<typeof codingOf>[]; readonly row: readonly unknown[]; readonly index: number;
  readonly target: CopyTarget;
}): void {
  let at = 0;
  for (const coding of codings) {
    if (!writeValue(writer, coding, row[at])) throw notOfType(`row ${index}, column ${target.columns[at]?.name}`, coding, row[at]);
    at += 1;
  }
}

/**
 * pg-copy-streams as promises. Every wait also ends when the stream fails: after an error of the server or a broken connection
 * the stream neither drains nor finishes.
 */
class CopySink {
  private readonly stream: CopyStreamQuery;
  private readonly failed: Promise<never>;
  private broken = false;

  constructor(private readonly client: ClientBase, sql: string) {
    this.stream = from(sql);
    this.failed = new Promise<never>((_, reject) => {
      this.stream.on('error', (error) => {
        this.broken = true;
        reject(error);
      });
    });
    this.failed.catch(() => undefined);
    client.query(this.stream);
  }

  /** Answers true when the socket still holds on to the bytes, so that their memory must not be written again. */
  async write(bytes: Buffer): Promise<boolean> {
    const taken = new Promise<void>((resolve) => {
      this.stream.write(bytes, () => { resolve(); });
    });
    await Promise.race([taken, this.failed]);
    const { connection } = this.client as { connection?: { stream?: { writableLength?: number } } };
    return connection?.stream?.writableLength !== 0;
  }

  async end(bytes: Buffer): Promise<number> {
    const finished = new Promise<void>((resolve) => {
      this.stream.once('finish', resolve);
    });
    this.stream.end(bytes);
    await Promise.race([finished, this.failed]);
    return this.stream.rowCount;
  }

  /** Tells the server to throw the copy away, and waits for its answer, so that the connection is usable again. */
  async abandon(cause: unknown): Promise<void> {
    if (this.broken) return;
    this.stream.destroy(cause instanceof Error ? cause : new Error(String(cause)));
    await this.failed.catch(() => undefined);
  }
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
