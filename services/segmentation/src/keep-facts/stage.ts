import { type DuckDBConnection, DuckDBDataChunk, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';

/** Rows handed over at a time: DuckDB's vectors hold no more. */
const CHUNK_ROWS_MAX = 2_048;

/** A column of rows on their way into the facts; `of` makes its value. */
export interface StagedColumn<Row> {
  readonly name: string;
  readonly type: DuckDBType;
  readonly of: (row: Row) => DuckDBValue;
}

/**
 * A temporary table that takes a batch into DuckDB, from where SQL works it in. Columns are handed over whole: a call for each value of
 * each row costs more than all that DuckDB then does with it.
 */
export class Stage<Row> {
  readonly #table: string;
  readonly #columns: readonly StagedColumn<Row>[];
  /** Used for every chunk of every batch: its memory is DuckDB's own and would wait for the garbage collector. */
  #chunk: DuckDBDataChunk | undefined;

  constructor(table: string, columns: readonly StagedColumn<Row>[]) {
    this.#table = table;
    this.#columns = columns;
  }

  /** The table with these rows and no others. */
  async fill(connection: DuckDBConnection, rows: readonly Row[]): Promise<void> {
    const columns = this.#columns.map(({ name, type }) => `${name} ${type.toString()}`).join(', ');
    await connection.run(`CREATE OR REPLACE TEMP TABLE ${this.#table} (${columns})`);
    const appender = await connection.createAppender(this.#table, 'main', 'temp');
    for (let from = 0; from < rows.length; from += CHUNK_ROWS_MAX) {
      appender.appendDataChunk(this.#chunkOf(rows.slice(from, from + CHUNK_ROWS_MAX)));
    }
    appender.closeSync();
  }

  #chunkOf(rows: readonly Row[]): DuckDBDataChunk {
    const chunk = this.#chunk ??= DuckDBDataChunk.create(this.#columns.map(({ type }) => type));
    chunk.reset();
    chunk.rowCount = rows.length;
    for (const [index, { of }] of this.#columns.entries()) chunk.setColumnValues(index, rows.map(of));
    return chunk;
  }
}
