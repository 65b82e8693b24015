/**
 * Version 2: tamper evidence, and fewer bytes an event. `S` stands for the schema's quoted name.
 *
 * - `segment`: one row per append transaction of a lane, with its tick (which left the events) and its hash, chained along the lane
 *   (`segment-hash.ts`). Segments of events that were there before have no hash; `log_head.chained_from` says where the chain starts.
 * - `event`: by lane and month, so that each table's positions only ever grow: their index needs no lane and its pages are filled whole.
 *   The order of the columns leaves no gaps. The index by stream takes 64 revisions to a key, which PostgreSQL stores once with a list of
 *   6 bytes an event; it is not unique: the guard of revisions is the stream's row, the proof `checkLog`.
 * - `event_kind`: type and schema version together, in one number.
 * - Stream ids are 32 bits: two thousand million streams.
 */
const TABLES = `
-- The settings of appends (index look-ups only) are wrong for moving a whole log.
SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; SET LOCAL plan_cache_mode = auto;
DROP FUNCTION S.append;
CREATE SEQUENCE S.stream_id AS int CACHE 64;
CREATE TEMPORARY TABLE stream_move ON COMMIT DROP AS
  SELECT id AS old_id, nextval('S.stream_id')::int AS new_id FROM S.stream;
ALTER TABLE S.stream DROP CONSTRAINT stream_pkey;
UPDATE S.stream AS s SET id = m.new_id FROM stream_move AS m WHERE m.old_id = s.id;
ALTER TABLE S.stream ALTER COLUMN id TYPE int, ADD PRIMARY KEY (id);
DROP SEQUENCE S.stream_block;

CREATE TABLE S.event_kind (
  id smallint PRIMARY KEY,
  schema_version smallint NOT NULL,
  name text COLLATE "C" NOT NULL,
  UNIQUE (name, schema_version)
);
INSERT INTO S.event_kind
SELECT row_number() OVER (ORDER BY t.id, e.schema_version), e.schema_version, t.name
FROM (SELECT DISTINCT type_id, schema_version FROM S.event) AS e JOIN S.event_type AS t ON t.id = e.type_id;

CREATE TABLE S.segment (
  first_position bigint NOT NULL,
  last_position bigint NOT NULL,
  tick bigint NOT NULL,
  partition smallint NOT NULL,
  hash bytea,
  PRIMARY KEY (partition, first_position)
);
INSERT INTO S.segment
SELECT min(position), max(position), tick, partition, NULL FROM S.event GROUP BY partition, tick ORDER BY partition, tick;

ALTER TABLE S.log_head ADD COLUMN chained_from bigint, ADD COLUMN hash bytea;
UPDATE S.log_head SET chained_from = position + 1,
  hash = sha256(convert_to('trebol event log, chain 1', 'UTF8') || int2send(partition) || int8send(position + 1));
ALTER TABLE S.log_head ALTER COLUMN chained_from SET NOT NULL, ALTER COLUMN hash SET NOT NULL;

ALTER TABLE S.event RENAME TO event_before;
CREATE TABLE S.event (
  position bigint NOT NULL,
  recorded_at timestamptz NOT NULL,
  event_id uuid NOT NULL,
  stream_id int NOT NULL,
  revision int NOT NULL,
  partition smallint NOT NULL,
  kind_id smallint NOT NULL,
  data text NOT NULL,
  metadata text NOT NULL
) PARTITION BY RANGE (partition, recorded_at);`;

/**
 * Makes the table of a lane's month (months since year 0) unless it is there. It is filled with its indexes on its own and then attached:
 * attaching blocks neither readers nor appenders (SHARE UPDATE EXCLUSIVE), which `CREATE TABLE … PARTITION OF` would.
 */
const BEGIN_MONTH = `
CREATE FUNCTION S.begin_month(lane smallint, month int) RETURNS void LANGUAGE plpgsql AS $function$
DECLARE
  name text := format('event_%s_%s_%s', lpad((month / 12)::text, 4, '0'), lpad((month % 12 + 1)::text, 2, '0'), lane);
  begins timestamptz := make_timestamptz(month / 12, month % 12 + 1, 1, 0, 0, 0, 'UTC');
  ends timestamptz := make_timestamptz((month + 1) / 12, (month + 1) % 12 + 1, 1, 0, 0, 0, 'UTC');
BEGIN
  IF to_regclass('S.' || name) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE S.%I (LIKE S.event INCLUDING STORAGE)', name);
  EXECUTE format('CREATE UNIQUE INDEX ON S.%I (position) WITH (fillfactor = 100)', name);
  EXECUTE format('CREATE INDEX ON S.%I (stream_id, (revision >> 6))', name);
  EXECUTE format('ALTER TABLE S.event ATTACH PARTITION S.%I FOR VALUES FROM (%s, %L) TO (%s, %L)', name, lane, begins, lane, ends);
END
$function$;`;

const MOVE = `
SELECT S.begin_month(m.partition, m.month) FROM (
  SELECT DISTINCT partition, (extract(year FROM recorded_at AT TIME ZONE 'UTC') * 12 + extract(month FROM recorded_at AT TIME ZONE 'UTC') - 1)::int AS month
  FROM S.event_before
) AS m;
INSERT INTO S.event
SELECT e.position, e.recorded_at, e.event_id, m.new_id, e.revision, e.partition, k.id, e.data, e.metadata
FROM S.event_before AS e JOIN stream_move AS m ON m.old_id = e.stream_id
JOIN S.event_type AS t ON t.id = e.type_id JOIN S.event_kind AS k ON k.name = t.name AND k.schema_version = e.schema_version
ORDER BY e.partition, e.position;
DROP TABLE S.event_before, S.event_type;`;

/** Locks the lane's head, adds a segment of so many events with this content (`segment-hash.ts`), and answers its last position. */
const SEAL = `
CREATE FUNCTION S.seal(lane smallint, events int, content bytea) RETURNS bigint LANGUAGE plpgsql AS $function$
DECLARE
  head record;
  next_tick bigint;
  next_hash bytea;
BEGIN
  SELECT h.position, h.tick, h.hash INTO STRICT head FROM S.log_head AS h WHERE h.partition = lane FOR UPDATE;
  next_tick := greatest(head.tick, (SELECT max(o.tick) FROM S.log_head AS o)) + 1;
  next_hash := sha256(head.hash || int2send(lane) || int8send(head.position + 1) || int8send(head.position + events) || int8send(next_tick) || content);
  UPDATE S.log_head AS h SET position = head.position + events, tick = next_tick, hash = next_hash WHERE h.partition = lane;
  INSERT INTO S.segment VALUES (head.position + 1, head.position + events, next_tick, lane, next_hash);
  RETURN head.position + events;
END
$function$;`;

/**
 * The whole append but for COPY, in one call, because every round trip counts for a single till and each statement of a function
 * sees what was committed before *it* began (READ COMMITTED). In this order:
 * 1. existing streams are updated where their revision is the expected one; 2. new ones are inserted, first in the belief that none is
 * there (a plain insert writes less than one that looks for conflicts), else one by one; both in the order given (by name);
 * 3. the lane's head is locked, last, gives positions and tick, and the segment is chained to its hash (`seal`); 4. the events are inserted,
 * if they were given (else the caller copies them). Where entries lost, the hash of all content is not that of the winners' events: it
 * is computed anew here, or, when the events were not given, left to the caller with 3 (last_position is null then).
 *
 * The tick is above the own lane's, and above what is committed of every other lane once the streams are locked: the appends these
 * streams had before are among that. So ticks never fall within a lane and grow along a stream from one append to the next, whatever
 * the lanes, without a tick in the stream's row, which would have to be written after the head is locked, by a second update.
 *
 * Answers the stream's id for each entry (null: the revision was not the expected one) and the last position taken.
 */
const APPEND = `
CREATE FUNCTION S.append(
  lane smallint, names text[], expected int[], counts int[], snapshots bytea[], snapshot_schemas smallint[], all_content bytea,
  entries int[], revisions int[], event_ids uuid[], kind_ids smallint[], recorded timestamptz[], datas text[], metadatas text[],
  OUT stream_ids int[], OUT last_position bigint
) LANGUAGE plpgsql AS $function$
DECLARE
  won record;
  content bytea := all_content;
  taken int := 0;
  fresh int[];
  place int := 0;
BEGIN
  stream_ids := array_fill(NULL::int, ARRAY[cardinality(names)]);
  IF 0 < ANY (expected) THEN
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
  END IF;
  IF 0 = ANY (expected) THEN
    fresh := ARRAY(SELECT CASE WHEN e = 0 THEN nextval('S.stream_id')::int ELSE 0 END FROM unnest(expected) AS e);
    BEGIN
      INSERT INTO S.stream AS s (id, name, revision, snapshot, snapshot_schema, snapshot_revision)
      SELECT g.id, g.name, g.events, g.snapshot, g.snapshot_schema, CASE WHEN g.snapshot IS NULL THEN 0 ELSE g.events END
      FROM unnest(fresh, names, expected, counts, snapshots, snapshot_schemas) AS g (id, name, expected, events, snapshot, snapshot_schema)
      WHERE g.expected = 0;
      IF 0 < ANY (expected) THEN
        SELECT array_agg(CASE WHEN g.expected = 0 THEN g.id ELSE g.won END), taken + sum(g.events) FILTER (WHERE g.expected = 0)
        INTO stream_ids, taken
        FROM unnest(fresh, stream_ids, expected, counts) AS g (id, won, expected, events);
      ELSE
        stream_ids := fresh;
        taken := (SELECT sum(g.events) FROM unnest(counts) AS g (events));
      END IF;
    EXCEPTION WHEN unique_violation THEN
      FOR won IN
        INSERT INTO S.stream AS s (id, name, revision, snapshot, snapshot_schema, snapshot_revision)
        SELECT g.id, g.name, g.events, g.snapshot, g.snapshot_schema, CASE WHEN g.snapshot IS NULL THEN 0 ELSE g.events END
        FROM unnest(fresh, names, expected, counts, snapshots, snapshot_schemas) AS g (id, name, expected, events, snapshot, snapshot_schema)
        WHERE g.expected = 0
        ON CONFLICT (name) DO NOTHING
        RETURNING s.id, s.revision AS events
      LOOP
        -- Rows come back in the order of the entries, so that each is found from the one before.
        LOOP
          place := place + 1;
          EXIT WHEN fresh[place] = won.id;
        END LOOP;
        stream_ids[place] := won.id;
        taken := taken + won.events;
      END LOOP;
    END;
  END IF;
  IF taken = 0 THEN
    RETURN;
  END IF;
  IF array_position(stream_ids, NULL) IS NOT NULL THEN
    IF entries IS NULL THEN
      RETURN;
    END IF;
    content := (
      SELECT sha256(string_agg(convert_to(names[e.entry], 'UTF8') || '\\x00' || convert_to(e.revision::text, 'UTF8') || '\\x00'
        || convert_to(e.event_id::text, 'UTF8') || '\\x00' || convert_to(k.name, 'UTF8') || '\\x00' || convert_to(k.schema_version::text, 'UTF8') || '\\x00'
        || convert_to((extract(epoch FROM e.recorded) * 1000)::bigint::text, 'UTF8') || '\\x00'
        || convert_to(e.data, 'UTF8') || '\\x00' || convert_to(coalesce(e.metadata, ''), 'UTF8') || '\\x00'::bytea, ''::bytea ORDER BY e.place))
      FROM unnest(entries, revisions, event_ids, kind_ids, recorded, datas, metadatas) WITH ORDINALITY
        AS e (entry, revision, event_id, kind_id, recorded, data, metadata, place)
      JOIN S.event_kind AS k ON k.id = e.kind_id
      WHERE stream_ids[e.entry] IS NOT NULL);
  END IF;
  last_position := S.seal(lane, taken, content);
  IF entries IS NOT NULL THEN
    INSERT INTO S.event (position, recorded_at, event_id, stream_id, revision, partition, kind_id, data, metadata)
    SELECT last_position - taken + row_number() OVER (ORDER BY e.place), e.recorded, e.event_id, stream_ids[e.entry],
           e.revision, lane, e.kind_id, e.data, coalesce(e.metadata, '')
    FROM unnest(entries, revisions, event_ids, kind_ids, recorded, datas, metadatas) WITH ORDINALITY
      AS e (entry, revision, event_id, kind_id, recorded, data, metadata, place)
    WHERE stream_ids[e.entry] IS NOT NULL;
  END IF;
END
$function$;`;

export const SEGMENTS = TABLES + BEGIN_MONTH + MOVE + SEAL + APPEND;
