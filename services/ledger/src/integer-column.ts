/** Points are safe integers; node-postgres hands bigint over as text. */
export const integerColumn = {
  to: (value: number): number => value,
  from: (value: string): number => Number(value),
};
