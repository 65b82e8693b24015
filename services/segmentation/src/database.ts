import { idempotencyMigration } from '@trebol/chassis';
import { RunsAndExports1765400000000 } from './migrations/1765400000000-runs-and-exports.ts';
import { AudienceExportTable, MemberScoreTable, RunTable } from './tables.ts';

/** Entities of schema `segmentation`. */
export const segmentationEntities = [RunTable, MemberScoreTable, AudienceExportTable] as const;

/** Migrations of schema `segmentation`, oldest first. */
export const segmentationMigrations = [idempotencyMigration('segmentation'), RunsAndExports1765400000000] as const;
