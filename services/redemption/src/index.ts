export { redemptionModule } from './app.module.ts';
export { redemptionDatabase } from './database.ts';
export { KnownMembers } from './know-members/known-members.ts';
export { LapseHolds } from './lapse-holds/lapse-holds.ts';
export { MergeWallets } from './merge-members/merge-wallets.ts';
export type { PointValue, RedemptionParts } from './parts.ts';
export { type PointsUnderWay, pointsUnderWay } from './points-under-way.ts';
export { SweepTransfers } from './transfer-points/sweep-transfers.ts';
