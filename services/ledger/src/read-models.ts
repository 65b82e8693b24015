/** The tables one projection writes, and the name of its checkpoint. */
export interface ReadModelTables {
  readonly balance: string;
  readonly entry: string;
  readonly checkpoint: string;
}

/** What readers see. */
export const LIVE: ReadModelTables = { balance: 'ledger.balance', entry: 'ledger.entry', checkpoint: 'read-models' };
/** Where a rebuild writes until it is swapped in. */
export const SHADOW: ReadModelTables = {
  balance: 'ledger.balance_rebuild', entry: 'ledger.entry_rebuild', checkpoint: 'read-models-rebuild',
};
