export * from './port.ts';
export { MemoryEventStore } from './memory/memory-event-store.ts';
export { LogDamaged, StreamDamaged } from './damage.ts';
export { StoreOverloaded } from './overloaded.ts';
export { checkChain, type CheckChainOptions } from './postgres/check-chain.ts';
export { checkLog, type CheckLogOptions } from './postgres/check-log.ts';
export { PostgresEventStore, type PostgresEventStoreOptions } from './postgres/postgres-event-store.ts';
export { openEventStore, type OpenEventStoreOptions } from './open-event-store.ts';
export { EventStoreDbEventStore, type EventStoreDbOptions } from './eventstoredb/eventstoredb-event-store.ts';
