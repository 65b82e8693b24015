import type { ClientBase } from 'pg';

/** A shop as this service knows it: what its tickets leave unsaid. */
export interface Store {
  readonly storeId: string;
  readonly name: string;
  /** IANA zone, for instance `Europe/Madrid`: its local days are its business days. */
  readonly zone: string;
  /** ISO 4217. */
  readonly currency: string;
  /** As the chain writes it; the Online Retail log names stores by it. */
  readonly country: string;
  readonly region?: string | undefined;
}

/** The part of a store that its tickets are read by: it never changes once the store has a ticket, so it may be kept in memory. */
export type StoreTerms = Pick<Store, 'storeId' | 'zone' | 'currency'>;

/** Reading side of the store register. */
export interface StoreLookup {
  /** Those of the named stores that are registered. */
  find(tenant: string, storeIds: Iterable<string>): Promise<ReadonlyMap<string, StoreTerms>>;
}

/** The store register as the transaction uses it that takes tickets. */
export interface StoresInUse {
  /** The same as `find`; a store that has no ticket yet is locked, so that it stays what it is until the transaction ends. */
  findToUse(tenant: string, storeIds: Iterable<string>, client: ClientBase): Promise<ReadonlyMap<string, StoreTerms>>;
  /** Says that these stores have tickets now: from the commit on, their currency and zone stay. Nothing is sent for those that have. */
  use(tenant: string, storeIds: Iterable<string>, client: ClientBase): Promise<void>;
}
