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

/** Reading side of the store register. */
export interface StoreLookup {
  /** Those of the named stores that are registered. */
  find(tenant: string, storeIds: Iterable<string>): Promise<ReadonlyMap<string, Store>>;
}
