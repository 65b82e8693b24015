import { binaryArray } from '@trebol/postgres-bulk';
import type { ClientBase } from 'pg';
import { type Held, snapshotOf } from '../wallet-folds.ts';

/**
 * Wallets as they were when last published: the publisher's own memory, apart from the read models, so that neither waits for
 * the other.
 */
export const PUBLISHED_TABLE = 'ledger.published_wallet';
/** Rows per statement: bounds the memory of one parameter set. */
const SAVE_ROWS_MAX = 10_000;

/** Keeps these wallets. */
export async function savePublished(client: ClientBase, wallets: readonly Held[]): Promise<void> {
  for (let from = 0; from < wallets.length; from += SAVE_ROWS_MAX) {
    const part = wallets.slice(from, from + SAVE_ROWS_MAX);
    const states = part.map(snapshotOf);
    const texts = (pick: (held: Held) => string): Buffer => binaryArray('text', part.map(pick));
    await client.query({
      name: 'save published',
      text: `INSERT INTO ${PUBLISHED_TABLE} AS kept (tenant, programme, point_type, member_id, revision, state_version, state)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int4[], $6::int2[], $7::bytea[])
        ON CONFLICT (tenant, programme, point_type, member_id) DO UPDATE
          SET revision = excluded.revision, state_version = excluded.state_version, state = excluded.state`,
      values: [
        texts(({ id }) => id.tenant), texts(({ id }) => id.programme), texts(({ id }) => id.pointType), texts(({ id }) => id.member),
        binaryArray('int4', part.map(({ revision }) => revision)), binaryArray('int2', states.map(({ schemaVersion }) => schemaVersion)),
        binaryArray('bytea', states.map(({ bytes }) => bytes)),
      ],
    });
  }
}
