import { Problem } from '@trebol/chassis';
import { type Clock, currencyExponent } from '@trebol/contracts';
import type {
  CutpointChoice, RfmDefinition, RfmFigures, RfmOutcome, RunInputs, ScoredMember, SegmentMap, StoredRun,
} from '../run-record.ts';
import type { StoredRuns } from '../stored-runs.ts';
import type { RunRequest } from './run-request.ts';

/** Computes a run on the facts and hands its customers to the sink; wired to score-rfm. */
export type ScoreRun = (
  run: { readonly tenant: string; readonly definition: RfmDefinition; readonly map: SegmentMap },
  sink: (members: readonly ScoredMember[]) => Promise<void>,
) => Promise<RfmOutcome>;

/** Quantity and price must be above these: free lines and corrections are no purchases (`segmentation.md` §3). */
const LINE_FILTERS = { quantityAbove: 0, unitPriceAbove: 0 } as const;

export interface RunParts {
  readonly clock: Clock;
  readonly runs: StoredRuns;
  readonly score: ScoreRun;
  readonly maps: ReadonlyMap<string, SegmentMap>;
}

/** Makes segmentation runs: one at a time, because together they would share the memory that one needs. */
export class RunSegmentation {
  readonly #parts: RunParts;
  #inLine: Promise<unknown> = Promise.resolve();

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  /**
   * Scores all customers and stores run and scores; a run id that is stored already is answered as it is.
   * Problems: mapUnknown, cutpointsUnknown, currencyAmbiguous, nothingToScore.
   */
  async run(tenant: string, runId: string, request: RunRequest): Promise<StoredRun> {
    const mine = this.#inLine.then(() => this.#runNow(tenant, runId, request));
    this.#inLine = mine.catch(() => undefined);
    return mine;
  }

  async #runNow(tenant: string, runId: string, request: RunRequest): Promise<StoredRun> {
    const { runs, maps, score, clock } = this.#parts;
    const stored = await runs.find(tenant, runId);
    if (stored) return stored;
    const map = maps.get(request.map);
    if (!map) throw new Problem('mapUnknown', { map: request.map, known: [...maps.keys()].join(', ') });
    const definition: RfmDefinition = {
      asOf: Date.parse(request.asOf), zone: request.zone, window: request.window, purchase: request.purchase,
      lineFilters: LINE_FILTERS, currency: request.currency, cutpoints: await this.#cutpoints(tenant, request),
    };
    return runs.store(tenant, runId, async (write) => {
      const figures = scoredOrRefused(await score({ tenant, definition, map }, write));
      return recordOf({ runId, createdAt: new Date(clock.now()).toISOString(), definition, map }, figures);
    });
  }

  async #cutpoints(tenant: string, request: RunRequest): Promise<CutpointChoice> {
    const fromRun = typeof request.scoring === 'string' ? undefined : request.scoring.cutpointsOf;
    if (fromRun === undefined) return { kind: 'computed' };
    const earlier = await this.#parts.runs.find(tenant, fromRun);
    if (!earlier) throw new Problem('cutpointsUnknown', { runId: fromRun });
    return { kind: 'frozen', fromRun, cutpoints: earlier.cutpoints };
  }
}

function scoredOrRefused(outcome: RfmOutcome): RfmFigures {
  switch (outcome.kind) {
    case 'scored': return outcome.figures;
    case 'currencyAmbiguous': throw new Problem('currencyAmbiguous', { currencies: outcome.currencies.join(', ') });
    case 'nothingToScore': throw new Problem('nothingToScore');
    default: { const never: never = outcome; throw new TypeError(String(never)); }
  }
}

function recordOf(
  run: { readonly runId: string; readonly createdAt: string; readonly definition: RfmDefinition; readonly map: SegmentMap },
  figures: RfmFigures,
): StoredRun {
  const { definition, map, runId, createdAt } = run;
  const { asOfDay, currency, groups, ...rest } = figures;
  const inputs: RunInputs = {
    asOf: new Date(definition.asOf).toISOString(), asOfDay, zone: definition.zone, window: definition.window,
    purchase: definition.purchase,
    returns: 'ignored', voids: 'notAPurchase', lineFilters: definition.lineFilters,
    population: { tickets: 'withMember', members: 'active', merged: 'underSurvivor' },
    currency, minorUnits: currencyExponent(currency),
    scoring: { method: 'type1Quintiles', ...(definition.cutpoints.kind === 'frozen' ? { cutpointsOf: definition.cutpoints.fromRun } : {}) },
    map,
  };
  const names = new Map(map.groups.map((group) => [group.id, group.name]));
  return {
    runId, createdAt, inputs, ...rest,
    groups: groups.map((group) => ({
      segmentId: `${map.id}:${group.group}`, ...group, name: names.get(group.group) ?? { es: group.group, en: group.group },
    })),
  };
}
