export * from './port.ts';
export { MemoryEventStore } from './memory/memory-event-store.ts';
export { StoreOverloaded } from './overloaded.ts';
export type { ChainHead } from './postgres/chain-heads.ts';
export { checkChain, type CheckChainOptions } from './postgres/check-chain.ts';
export { checkLog, type CheckLogOptions, type LogDifference } from './postgres/check-log.ts';
export { StreamDamaged } from './postgres/read-events.ts';
export { LogDamaged } from './postgres/lane-merge.ts';
export { PostgresEventStore, type PostgresEventStoreOptions } from './postgres/postgres-event-store.ts';
