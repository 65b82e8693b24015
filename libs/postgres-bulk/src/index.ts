export { binaryArray } from './binary-array.ts';
export type { ColumnType } from './column-types.ts';
export { copyRows, type CopyTarget } from './copy-rows.ts';
