import type pg from 'pg';
import { murmur2 } from '../partition-of.ts';

/** First key of every advisory lock of this bus: one number for each schema of a database. */
export const lockClass = (schema: string, purpose: 'install' | 'claim' | 'member'): number =>
  murmur2(Buffer.from(`trebol.bus\n${schema}\n${purpose}`)) & 0x7fff_ffff;

/** Second key of the lock a group's members share. */
export const groupLock = (group: string): number => murmur2(Buffer.from(group)) & 0x7fff_ffff;

/**
 * Versions of the schema, in order; a released one is never edited. `$schema` is replaced.
 * - `head` is the guard: its row is held until the publishing transaction ends, so positions become visible in order and without gaps.
 * - message.published_at is when the bus got it; `time` is when it happened, which may be long before.
 * - Values stay uncompressed and in line up to a page: pglz costs more CPU than these bytes are worth.
 * - The index by key serves compaction alone, so topics that expire by days do not pay for it.
 */
const VERSIONS: readonly string[] = [`
  create table $schema.topic (
    id smallint generated always as identity primary key,
    name text not null unique,
    partitions smallint not null check (partitions > 0),
    retention_days integer check (retention_days > 0)
  );
  comment on column $schema.topic.retention_days is 'null: compacted, the newest message of each key is kept';

  create table $schema.head (
    topic_id smallint not null references $schema.topic,
    partition smallint not null,
    position bigint not null default 0,
    compacted_through bigint not null default 0,
    primary key (topic_id, partition)
  ) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

  create table $schema.message (
    topic_id smallint not null,
    partition smallint not null,
    compacted boolean not null,
    position bigint not null,
    time timestamptz not null,
    published_at timestamptz not null,
    key text not null,
    message_id text not null,
    type text,
    tenant text not null,
    traceparent text,
    value text not null,
    primary key (topic_id, partition, position)
  ) with (toast_tuple_target = 8160, autovacuum_vacuum_insert_scale_factor = 0.1);
  alter table $schema.message alter column value set storage external;
  comment on column $schema.message.type is 'null: the name of the topic';
  create index message_by_key on $schema.message (topic_id, partition, key, position) where compacted;

  create table $schema.group_offset (
    id integer generated always as identity primary key,
    group_name text not null,
    topic_id smallint not null references $schema.topic,
    partition smallint not null,
    position bigint not null default 0,
    unique (group_name, topic_id, partition)
  ) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

  create table $schema.dead_letter (
    offset_id integer not null references $schema.group_offset,
    position bigint not null,
    id bigint generated always as identity unique,
    time timestamptz not null,
    key text not null,
    message_id text not null,
    type text,
    tenant text not null,
    traceparent text,
    value text not null,
    code text,
    detail text,
    attempts integer not null default 0,
    failed_at timestamptz,
    replay boolean not null default false,
    primary key (offset_id, position)
  );
  comment on column $schema.dead_letter.code is 'null: not failed itself, waits behind an earlier message of its key';
  create index dead_letter_by_key on $schema.dead_letter (offset_id, key, position);
  create index dead_letter_replay on $schema.dead_letter (offset_id) where replay;

  create function $schema.take_positions(wanted_topics smallint[], wanted_partitions smallint[], wanted_counts bigint[])
    returns table (topic_id smallint, partition smallint, first bigint, compacted boolean) language plpgsql as $$
  begin
    -- One row after the other in a fixed order: two publishers never wait for each other in a circle.
    for i in 1 .. cardinality(wanted_topics) loop
      update $schema.head h set position = h.position + wanted_counts[i] from $schema.topic t
        where h.topic_id = wanted_topics[i] and h.partition = wanted_partitions[i] and t.id = h.topic_id
        returning h.topic_id, h.partition, h.position - wanted_counts[i] + 1, t.retention_days is null
        into topic_id, partition, first, compacted;
      return next;
    end loop;
  end $$;
`];

/** Creates the schema, or brings it up to date, while nobody else does. Safe to call from every process at start. */
export async function installSchema(client: pg.ClientBase, schema: string): Promise<void> {
  await client.query('begin');
  try {
    await client.query('select pg_advisory_xact_lock($1, 0)', [lockClass(schema, 'install')]);
    await client.query(`create schema if not exists ${schema}`);
    await client.query(`create table if not exists ${schema}.schema_version (version integer primary key)`);
    const found = await client.query<{ version: number }>(`select coalesce(max(version), 0) as version from ${schema}.schema_version`);
    const present = found.rows[0]?.version ?? 0;
    if (present > VERSIONS.length) {
      throw new Error(`schema ${schema} is at version ${present}, newer than this program (${VERSIONS.length})`);
    }
    for (const [index, sql] of VERSIONS.entries()) {
      if (index < present) continue;
      await client.query(sql.replaceAll('$schema', schema));
      await client.query(`insert into ${schema}.schema_version values ($1)`, [index + 1]);
    }
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
