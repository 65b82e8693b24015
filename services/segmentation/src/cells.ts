/** Text of a DuckDB cell; anything else is a fault of the query. */
export function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`not text: ${typeof value}`);
  return value;
}

/** Integer of a DuckDB cell. Counts and sums come as bigint; a figure that a number cannot hold exactly is a fault. */
export function wholeOf(value: unknown): number {
  const number = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new RangeError(`not an exact integer: ${typeof value} ${Number.isNaN(number) ? '' : number}`);
  return number;
}
