import { binaryArray, type ColumnType } from '@trebol/postgres-bulk';
import type { ClientBase } from 'pg';

export interface Compared {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** Columns that name a row. */
  readonly key: readonly string[];
}

/** A row that is not what it should be. */
export interface RowDifference {
  /** Index of the expected row. */
  readonly at: number;
  /** Revision found; null when the row is not there. */
  readonly revision: number | null;
  /** The first column that differs, with both values in PostgreSQL's text form; null when the row is not there. */
  readonly column: string | null;
  readonly expected: string | null;
  readonly found: string | null;
}

/**
 * Hands the expected rows to PostgreSQL and gets back only those that are missing or differ in any column, at most `limit`, in
 * the order given: equal rows
 * cost no traffic back.
 */
export async function differingRows(
  client: ClientBase, compared: Compared, expected: { readonly columnwise: readonly (readonly unknown[])[]; readonly limit: number },
): Promise<RowDifference[]> {
  const { table, columns, key } = compared;
  const names = columns.map(({ name }) => name);
  const join = key.map((name) => `kept.${name} = asked.${name}`).join(' AND ');
  const differs = names.filter((name) => !key.includes(name))
    .map((name) => ({ name, sql: `asked.${name} IS DISTINCT FROM kept.${name}` }));
  const pick = (value: (name: string) => string): string =>
    `CASE ${differs.map(({ name, sql }) => `WHEN ${sql} THEN ${value(name)}`).join(' ')} END`;
  const parameters = columns.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ');
  const text = `SELECT asked.at::int4 - 1 AS at, kept.revision,
      CASE WHEN kept.revision IS NULL THEN NULL ELSE ${pick((name) => `'${name}'`)} END AS column,
      ${pick((name) => `asked.${name}::text`)} AS expected, ${pick((name) => `kept.${name}::text`)} AS found
    FROM unnest(${parameters}) WITH ORDINALITY AS asked (${names.join(', ')}, at)
    LEFT JOIN ${table} AS kept ON ${join}
    WHERE kept.revision IS NULL OR ${differs.map(({ sql }) => sql).join(' OR ')}
    ORDER BY asked.at LIMIT ${expected.limit}`;
  const values = columns.map(({ type }, index) => binaryArray(type, expected.columnwise[index] ?? []));
  const answer = await client.query<RowDifference>({ name: `compare ${table} ${expected.limit}`, text, values });
  return answer.rows;
}
