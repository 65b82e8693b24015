/** A group a customer can be in, with the names people read. */
export interface MapGroup {
  readonly id: string;
  readonly name: { readonly es: string; readonly en: string };
}

/** Axis of the score cube: recency, frequency, money. */
export type Axis = 'r' | 'f' | 'm';

/**
 * Which cell of the score cube is which group. A cell pattern has one part per axis, a score or a range: `[1-2]5`, `33`.
 */
export interface SegmentMap {
  readonly id: string;
  readonly version: number;
  readonly axes: readonly Axis[];
  readonly groups: readonly MapGroup[];
  readonly rules: readonly { readonly group: string; readonly cells: readonly string[] }[];
}

/** Four ascending cutpoints per axis; a value equal to a cutpoint belongs below it. */
export interface Cutpoints {
  /** Whole days since the last purchase. */
  readonly recencyDays: readonly number[];
  readonly orders: readonly number[];
  /** Minor units. */
  readonly amountMinor: readonly number[];
}

/** Computed from the run's own customers, or taken over unchanged from an earlier run. */
export type CutpointChoice =
  | { readonly kind: 'computed' }
  | { readonly kind: 'frozen'; readonly fromRun: string; readonly cutpoints: Cutpoints };

/** What a run is asked to do: every input that changes a score, apart from the facts. */
export interface RfmDefinition {
  /** Instant in milliseconds; purchases at or after it do not count. */
  readonly asOf: number;
  /** IANA zone in which `asOf` is a day. */
  readonly zone: string;
  /** All time, or the given number of local days up to and without the day of `asOf`, plus that day up to `asOf`. */
  readonly window: 'allTime' | { readonly days: number };
  /** What frequency counts: tickets, or days with a ticket. */
  readonly purchase: 'receipt' | 'distinctDay';
  readonly lineFilters: { readonly quantityAbove: number; readonly unitPriceAbove: number };
  /** Sums are of one currency; undefined means the only one there is. */
  readonly currency: string | undefined;
  readonly cutpoints: CutpointChoice;
}

/** One customer of a run. */
export interface ScoredMember {
  readonly memberId: string;
  readonly r: number;
  readonly f: number;
  readonly m: number;
  readonly group: string;
  readonly recencyDays: number;
  readonly orders: number;
  readonly amountMinor: number;
  readonly lastPurchaseDay: string;
}

/** Part of all sales that was made by an identified member: integers, and the ratio in hundredths of a per cent rounded down. */
export interface Share {
  readonly identified: number;
  readonly all: number;
  readonly basisPoints: number;
}

export interface IdentifiedShare {
  readonly lines: Share;
  /** Minor units. */
  readonly amount: Share;
}

export interface GroupFigures {
  readonly group: string;
  readonly members: number;
  readonly orders: number;
  readonly amountMinor: number;
}

/** What a run found. */
export interface RfmFigures {
  readonly asOfDay: string;
  readonly currency: string;
  readonly cutpoints: Cutpoints;
  /** Of the customers scored. */
  readonly counts: { readonly members: number; readonly lines: number; readonly orders: number; readonly amountMinor: number };
  /** Customers with score 1…5 of each axis. */
  readonly scores: { readonly r: readonly number[]; readonly f: readonly number[]; readonly m: readonly number[] };
  readonly groups: readonly GroupFigures[];
  readonly identifiedShare: IdentifiedShare;
  readonly facts: {
    readonly tickets: number;
    readonly lines: number;
    readonly members: number;
    readonly positions: readonly { readonly topic: string; readonly partition: number; readonly offset: string }[];
    /** SHA-256 over `member,last day,orders,amount` of every customer in order of id: equal hashes and equal inputs mean equal scores. */
    readonly inputsHash: string;
  };
}

/** Refusals are values, in order of precedence. */
export type RfmOutcome =
  | { readonly kind: 'scored'; readonly figures: RfmFigures }
  | { readonly kind: 'currencyAmbiguous'; readonly currencies: readonly string[] }
  | { readonly kind: 'nothingToScore' };

/** Every input of a run, as it is kept and shown. */
export interface RunInputs {
  /** RFC 3339 in UTC. */
  readonly asOf: string;
  readonly asOfDay: string;
  readonly zone: string;
  readonly window: RfmDefinition['window'];
  readonly purchase: RfmDefinition['purchase'];
  /** Returns take nothing from what was bought; a voided ticket was never a purchase. */
  readonly returns: 'ignored';
  readonly voids: 'notAPurchase';
  readonly lineFilters: RfmDefinition['lineFilters'];
  readonly population: { readonly tickets: 'withMember'; readonly members: 'active'; readonly merged: 'underSurvivor' };
  readonly currency: string;
  /** Decimals of the currency: amounts are integers of that fraction. */
  readonly minorUnits: number;
  readonly scoring: { readonly method: 'type1Quintiles'; readonly cutpointsOf?: string };
  /** Whole, so that the record still means the same when the map has a newer version. */
  readonly map: SegmentMap;
}

/** A run as it is stored and answered. */
export interface StoredRun extends Omit<RfmFigures, 'asOfDay' | 'currency' | 'groups'> {
  readonly runId: string;
  readonly createdAt: string;
  readonly inputs: RunInputs;
  readonly cutpoints: Cutpoints;
  readonly groups: readonly (GroupFigures & Pick<MapGroup, 'name'> & { readonly segmentId: string })[];
}
