import type { FigureName, LabelArguments, LabelsOf } from './figures.ts';

/** One reading of a gauge. */
export type Reading<Name extends FigureName> = { readonly value: number } & ([keyof LabelsOf<Name>] extends [never]
  ? { readonly labels?: undefined }
  : { readonly labels: LabelsOf<Name> });

/**
 * Where a service says its figures. Recording is a plain call that never throws and never waits; names and labels are checked by the
 * compiler against the table `figures`. A part that may run without figures takes `noMetrics` by default.
 */
export interface Metrics {
  /** Adds to a counter; the amount is 0 or more. */
  count<Name extends FigureName<'counter'>>(name: Name, amount: number, ...labels: LabelArguments<Name>): void;
  /** Records one observation of a histogram. */
  observe<Name extends FigureName<'histogram'>>(name: Name, value: number, ...labels: LabelArguments<Name>): void;
  /**
   * Registers how a gauge is read; called when somebody scrapes, at most once in five seconds for all who ask. A reading that throws or
   * takes more than two seconds is left out of that scrape, never of the next.
   */
  gauge<Name extends FigureName<'gauge'>>(name: Name, read: () => readonly Reading<Name>[] | Promise<readonly Reading<Name>[]>): void;
}

/** Takes everything and keeps nothing. */
export const noMetrics: Metrics = { count: () => undefined, observe: () => undefined, gauge: () => undefined };
