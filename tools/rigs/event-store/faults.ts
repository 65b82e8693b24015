/** What a test makes the rig do wrong. Counters go down with every append they were used on. */
export interface Faults {
  /** Answers of appends wait so long, in milliseconds; what takes longer than the append's deadline is answered with a timeout. */
  delayMs?: number;
  /** So many appends are applied and never answered. */
  dropAfterApply?: number;
  /** So many appends are applied, and then the connection they came on is cut instead of an answer. */
  cutAfterApply?: number;
  /** So many appends are refused before they are applied: as a server that is starting, one that ran out of time, or one that is going away. */
  errorBeforeApply?: { count: number; how: 'notReady' | 'timeout' | 'unavailable' | 'internal' };
}

/** Messages from the test to the rig's process, each answered with its number. */
export type Order =
  | { readonly n: number; readonly order: 'faults'; readonly faults: Faults }
  | { readonly n: number; readonly order: 'cut' };

/** Messages of the rig's process. */
export type Report = { readonly port: number } | { readonly done: number };
