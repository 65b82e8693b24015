import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Background, forgetAnswers, IdempotencyStore, withApplication } from '@trebol/chassis';
import type { Clock } from '@trebol/contracts';
import type { DataSource } from 'typeorm';
import { ExportAudienceController } from './export-audience/export-audience.controller.ts';
import { ExportAudience } from './export-audience/export-audience.ts';
import { ExportFactsController } from './export-facts/export-facts.controller.ts';
import { ExportFacts } from './export-facts/export-facts.ts';
import { FactStore, readPositions } from './keep-facts/fact-store.ts';
import { KeepFactsController } from './keep-facts/keep-facts.controller.ts';
import { KeepFacts } from './keep-facts/keep-facts.ts';
import type { SegmentMap } from './run-record.ts';
import { ListSegments } from './run-segmentation/list-segments.ts';
import { RunSegmentationController } from './run-segmentation/run-segmentation.controller.ts';
import { RunSegmentation } from './run-segmentation/run-segmentation.ts';
import { scoreRfm } from './score-rfm/score-rfm.ts';
import { rf25 } from './segment-map/rf25.ts';
import { rfm125 } from './segment-map/rfm125.ts';
import { rfm25 } from './segment-map/rfm25.ts';
import { cellsOf, checkedMap } from './segment-map/segment-map.ts';
import { StoredRuns } from './stored-runs.ts';
import './problems.ts';

/** What segmentation is made of. */
export interface SegmentationParts {
  readonly clock: Clock;
  /** Schema `segmentation`, opened with `segmentationEntities` and `segmentationMigrations`. */
  readonly dataSource: DataSource;
  /** A folder for this service alone: facts, spills and exports. Backed up together with the database. */
  readonly dataFolder: string;
  /** Default 256 MB and 2 threads. */
  readonly duckdb?: { readonly memoryLimit?: string; readonly threads?: number };
  /** Maps beside those that are shipped, as data; each is checked here, and one that is not whole stops the start. */
  readonly maps?: readonly unknown[];
}

@Module({})
class Segmentation implements OnApplicationShutdown {
  constructor(@Inject(FactStore) private readonly facts: FactStore) {}

  /** After the consumers have stopped: nothing writes any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.facts.close();
  }
}

/**
 * Facts from topics, scores from facts, segments and files from scores. The application may ask Nest for `FactStore` to see how far
 * the facts are.
 */
export function segmentationModule(parts: SegmentationParts): DynamicModule {
  const { clock, dataSource, dataFolder } = parts;
  const maps = new Map([rf25, rfm125, rfm25, ...(parts.maps ?? []).map(checkedMap)].map((map) => [map.id, map]));
  const runs = new StoredRuns(dataSource);
  const answers = new IdempotencyStore(dataSource, clock);
  return {
    module: Segmentation,
    controllers: [KeepFactsController, RunSegmentationController, ExportAudienceController, ExportFactsController],
    providers: [
      { provide: FactStore, useFactory: () => FactStore.open({ dataFolder, ...parts.duckdb }) },
      { provide: KeepFacts, inject: [FactStore], useFactory: (facts: FactStore) => new KeepFacts(facts) },
      { provide: StoredRuns, useValue: runs },
      {
        provide: RunSegmentation, inject: [FactStore],
        useFactory: (facts: FactStore) => runSegmentation(facts, { clock, runs, maps }),
      },
      { provide: ListSegments, inject: [FactStore], useFactory: (facts: FactStore) => new ListSegments(runs, facts) },
      {
        provide: ExportAudience, inject: [FactStore],
        useFactory: (facts: FactStore) => new ExportAudience({ clock, dataSource, runs, standing: facts, dataFolder }),
      },
      {
        provide: ExportFacts, inject: [FactStore],
        useFactory: (facts: FactStore) => new ExportFacts({ clock, facts, positions: readPositions, dataFolder }),
      },
      { provide: IdempotencyStore, useValue: answers },
      withApplication(new Background().add('forget answers', forgetAnswers(answers, clock))),
    ],
    exports: [FactStore, RunSegmentation, ExportAudience, ListSegments],
  };
}

function runSegmentation(
  facts: FactStore, parts: { readonly clock: Clock; readonly runs: StoredRuns; readonly maps: ReadonlyMap<string, SegmentMap> },
): RunSegmentation {
  return new RunSegmentation({
    ...parts,
    score: (run, sink) => scoreRfm(facts, { ...run, cells: cellsOf(run.map), positions: readPositions }, sink),
  });
}
