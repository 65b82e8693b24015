import { SEGMENTS } from './migration-segments.ts';

/**
 * Version 1 of the store's tables. The versions are a list of versions that is only ever added to. `S` stands for the schema's quoted name.
 *
 * - `stream`: one row per stream, at once the guard of its revision and the place of its snapshot. Only columns without an index
 *   are ever updated and pages keep room, so updates stay on their page (HOT). Ids are `block × 16384 + entry`, so that one
 *   `nextval` serves a whole append and an inserted row says which entry it was.
 * - `log_head`: last position and tick of each lane. Its row is locked last in an append.
 * - `event`: one table per month of `recorded_at`, made on demand, so that the indexes that are written to stay small;
 *   absent metadata is the empty text: a null would cost each row 8 bytes, for a null bitmap of 11 columns;
 *   the indexes are made with each table, because a unique index of the whole would have to hold `recorded_at` too.
 */
const TABLES = `
CREATE SEQUENCE S.stream_block;
CREATE TABLE S.stream (
  id bigint PRIMARY KEY,
  revision int NOT NULL,
  snapshot_revision int NOT NULL DEFAULT 0,
  snapshot_schema smallint,
  name text COLLATE "C" NOT NULL UNIQUE,
  snapshot bytea STORAGE EXTERNAL
) WITH (fillfactor = 85);
CREATE TABLE S.log_head (
  partition smallint PRIMARY KEY,
  position bigint NOT NULL,
  tick bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO S.log_head VALUES (1, 0, 0), (2, 0, 0);
CREATE TABLE S.event_type (
  id smallint PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE
);
CREATE TABLE S.event (
  position bigint NOT NULL,
  tick bigint NOT NULL,
  stream_id bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  event_id uuid NOT NULL,
  revision int NOT NULL,
  partition smallint NOT NULL,
  type_id smallint NOT NULL,
  schema_version smallint NOT NULL,
  data text NOT NULL,
  metadata text NOT NULL
) PARTITION BY RANGE (recorded_at);`;

/**
 * The whole append but for COPY, in one call, because every round trip counts for a single till and each statement of a function
 * sees what was committed before *it* began (READ COMMITTED). In this order:
 * 1. existing streams are updated where their revision is the expected one; 2. new ones are inserted; both in the order given (by name);
 * 3. the lane's head is locked, last, and gives positions and tick; 4. the events are inserted, if they were given (else the caller copies them).
 *
 * The tick is above the own lane's, and above what is committed of every other lane once the streams are locked: the appends these
 * streams had before are among that. So ticks never fall within a lane and grow along a stream from one append to the next, whatever
 * the lanes, without a tick in the stream's row, which would have to be written after the head is locked, by a second update.
 *
 * Answers the stream's id for each entry (null: the revision was not the expected one) and the last position and tick taken.
 */
const APPEND = `
CREATE FUNCTION S.append(
  lane smallint, names text[], expected int[], counts int[], snapshots bytea[], snapshot_schemas smallint[],
  entries int[], revisions int[], event_ids uuid[], type_ids smallint[], schema_versions smallint[], recorded timestamptz[],
  datas text[], metadatas text[],
  OUT stream_ids bigint[], OUT last_position bigint, OUT tick bigint
) LANGUAGE plpgsql AS $function$
DECLARE
  won record;
  taken int := 0;
  block bigint;
BEGIN
  stream_ids := array_fill(NULL::bigint, ARRAY[cardinality(names)]);
  FOR won IN
    UPDATE S.stream AS s
    SET revision = g.expected + g.events,
        snapshot = coalesce(g.snapshot, s.snapshot),
        snapshot_schema = coalesce(g.snapshot_schema, s.snapshot_schema),
        snapshot_revision = CASE WHEN g.snapshot IS NULL THEN s.snapshot_revision ELSE g.expected + g.events END
    FROM unnest(names, expected, counts, snapshots, snapshot_schemas) WITH ORDINALITY
      AS g (name, expected, events, snapshot, snapshot_schema, entry)
    WHERE g.expected > 0 AND s.name = g.name AND s.revision = g.expected
    RETURNING s.id, g.entry::int AS entry, g.events
  LOOP
    stream_ids[won.entry] := won.id;
    taken := taken + won.events;
  END LOOP;
  IF 0 = ANY (expected) THEN
    block := nextval('S.stream_block') * 16384;
    FOR won IN
      INSERT INTO S.stream AS s (id, name, revision, snapshot, snapshot_schema, snapshot_revision)
      SELECT block + g.entry, g.name, g.events, g.snapshot, g.snapshot_schema, CASE WHEN g.snapshot IS NULL THEN 0 ELSE g.events END
      FROM unnest(names, expected, counts, snapshots, snapshot_schemas) WITH ORDINALITY
        AS g (name, expected, events, snapshot, snapshot_schema, entry)
      WHERE g.expected = 0
      ON CONFLICT (name) DO NOTHING
      RETURNING s.id, s.revision AS events
    LOOP
      stream_ids[(won.id - block)::int] := won.id;
      taken := taken + won.events;
    END LOOP;
  END IF;
  IF taken = 0 THEN
    RETURN;
  END IF;
  UPDATE S.log_head AS h
  SET position = h.position + taken, tick = greatest(h.tick, (SELECT max(o.tick) FROM S.log_head AS o)) + 1
  WHERE h.partition = lane
  RETURNING h.position, h.tick INTO STRICT last_position, append.tick;
  IF entries IS NOT NULL THEN
    INSERT INTO S.event (position, tick, stream_id, recorded_at, event_id, revision, partition, type_id, schema_version, data, metadata)
    SELECT last_position - taken + row_number() OVER (ORDER BY e.place), append.tick, stream_ids[e.entry], e.recorded, e.event_id,
           e.revision, lane, e.type_id, e.schema_version, e.data, coalesce(e.metadata, '')
    FROM unnest(entries, revisions, event_ids, type_ids, schema_versions, recorded, datas, metadatas) WITH ORDINALITY
      AS e (entry, revision, event_id, type_id, schema_version, recorded, data, metadata, place)
    WHERE stream_ids[e.entry] IS NOT NULL;
  END IF;
END
$function$;`;

/** Versions in order; `migrate` runs those the database has not seen. Never change one that was released: add the next. */
export const MIGRATIONS: readonly string[] = [TABLES + APPEND, SEGMENTS];
