import type { Pool } from 'pg';

import type { NewEvent } from '../port.ts';

/** A type of event in one version of its schema. */
export type EventKind = Pick<NewEvent, 'type' | 'schemaVersion'>;

/** Kinds of events as small numbers: name and schema version are stored once instead of in every event. Both ways are kept in memory. */
export class EventKinds {
  private readonly ids = new Map<string, Map<number, number>>();
  private readonly kinds = new Map<number, EventKind>();

  constructor(private readonly pool: Pool, private readonly schema: string) {}

  knows(kind: EventKind): boolean {
    return this.ids.get(kind.type)?.has(kind.schemaVersion) === true;
  }

  /** Makes sure that all these kinds have an id; asks the database only for new ones. */
  async ensure(kinds: readonly EventKind[]): Promise<void> {
    const missing = kinds.filter((kind) => !this.knows(kind));
    if (missing.length === 0) return;
    const client = await this.pool.connect();
    let failure: Error | undefined;
    try {
      await client.query('BEGIN');
      await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('trebol event kinds ' || $1, 0))`, [this.schema]);
      await client.query(
        `INSERT INTO ${this.schema}.event_kind (id, name, schema_version)
         SELECT (SELECT coalesce(max(id), 0) FROM ${this.schema}.event_kind) + row_number() OVER (ORDER BY n.name, n.version), n.name, n.version
         FROM (SELECT DISTINCT name, version FROM unnest($1::text[], $2::smallint[]) AS given (name, version)) AS n
         WHERE NOT EXISTS (SELECT FROM ${this.schema}.event_kind AS k WHERE k.name = n.name AND k.schema_version = n.version)`,
        [missing.map(({ type }) => type), missing.map(({ schemaVersion }) => schemaVersion)]);
      await client.query('COMMIT');
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      client.release(failure);
    }
    await this.reload();
  }

  /** Id of a kind that `ensure` has seen. */
  idOf(kind: EventKind): number {
    const id = this.ids.get(kind.type)?.get(kind.schemaVersion);
    if (id === undefined) throw new RangeError(`the event type ${kind.type} in version ${kind.schemaVersion} has no id`);
    return id;
  }

  /** Makes sure that these ids are in memory: another process may have made them. */
  async ensureIds(ids: Iterable<number>): Promise<void> {
    for (const id of ids) {
      if (!this.kinds.has(id)) return this.reload();
    }
    return undefined;
  }

  kindOf(id: number): EventKind {
    const kind = this.kinds.get(id);
    if (kind === undefined) throw new RangeError(`the event kind ${id} has no name`);
    return kind;
  }

  private async reload(): Promise<void> {
    const { rows } = await this.pool.query<[id: number, type: string, schemaVersion: number]>({
      rowMode: 'array', text: `SELECT id, name, schema_version FROM ${this.schema}.event_kind`,
    });
    for (const [id, type, schemaVersion] of rows) {
      const versions = this.ids.get(type) ?? new Map<number, number>();
      this.ids.set(type, versions.set(schemaVersion, id));
      this.kinds.set(id, { type, schemaVersion });
    }
  }
}
