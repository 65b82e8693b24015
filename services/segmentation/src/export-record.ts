import type { IdentifiedShare } from './run-record.ts';

/** One filter of an export, in the order they are applied; `kept` members were left after it. */
export interface ExportFilter {
  readonly filter: 'population' | 'rules' | 'suppression' | 'consent';
  /** False where the destination does not ask for it; then it keeps everybody. */
  readonly applied: boolean;
  readonly kept: number;
}

/** What is in a file and why. It holds nothing that differs between two exports of one run, so those are equal byte by byte. */
export interface ExportManifest {
  readonly segmentId: string;
  readonly segmentName: { readonly es: string; readonly en: string };
  readonly runId: string;
  readonly map: { readonly id: string; readonly version: number };
  /** RFC 3339. */
  readonly asOf: string;
  readonly zone: string;
  /** Of the run: see RfmFigures. */
  readonly inputsHash: string;
  readonly destination: string;
  readonly purpose: string;
  readonly format: 'csv';
  readonly columns: readonly string[];
  /** Without the header. */
  readonly rows: number;
  readonly bytes: number;
  /** Of the file, hexadecimal. */
  readonly sha256: string;
  readonly filters: readonly ExportFilter[];
  readonly identifiedShare: IdentifiedShare;
}

/** A finished export. */
export interface ExportRecord {
  readonly exportId: string;
  readonly createdAt: string;
  readonly segmentId: string;
  readonly runId: string;
  readonly destination: string;
  readonly purpose: string;
  readonly format: 'csv';
  readonly status: 'completed';
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly identifiedShare: IdentifiedShare;
  readonly file: string;
  readonly manifest: string;
}
