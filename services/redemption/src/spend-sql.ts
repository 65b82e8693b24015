/** What the statements of holds and of redemptions have in common. Arrays of one length: $4 tenant, $5 key, $6 digest, $7 id, … */

/** The requests, each with the member's status and the state that an earlier run of the same request left behind. */
export const askedOf = (table: 'hold' | 'redemption', extra: 'text' | 'timestamptz'): string => `asked AS MATERIALIZED (
  SELECT a.*, m.status AS member_status, e.state AS earlier
  FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::text[], $11::${extra}[]) WITH ORDINALITY
    AS a (tenant, key, digest, id, member_id, points, by, extra, place)
  LEFT JOIN LATERAL (SELECT status FROM redemption.member m WHERE m.tenant = a.tenant AND m.member_id = a.member_id LIMIT 1) AS m ON true
  LEFT JOIN LATERAL (SELECT state FROM redemption.${table} e WHERE e.tenant = a.tenant AND e.${table}_id = a.id LIMIT 1) AS e ON true
)`;

/** Takes the keys that are fresh or whose lease has lapsed; $1 operation, $2 now, $3 leased until. */
export const CLAIMED = `claimed AS (
  INSERT INTO redemption.idempotency AS known (tenant, operation, key, request_hash, leased_until, created_at)
  SELECT tenant, $1, key, decode(digest, 'hex'), $3::timestamptz, $2::timestamptz FROM asked ORDER BY place
  ON CONFLICT (tenant, operation, key) DO UPDATE SET leased_until = excluded.leased_until
    WHERE known.status IS NULL AND known.leased_until <= excluded.created_at AND known.request_hash = excluded.request_hash
  RETURNING tenant, key
)`;

/** Who may be written down: members that may spend, and requests that may be in a wallet already. */
export const MAY_ASK = `asked JOIN claimed USING (tenant, key)
  WHERE member_status = 'active' OR coalesce(earlier <> 'refused', false) ORDER BY place`;

// The answer is on disk before it is given: after a crash the second answer is still the first, balance and instant included. Rows that are
// there are written as inserts that conflict, because that finds each by its key whatever the tables' statistics say.
/** The requests and their answers; $1 operation, $2 now, $3 HTTP status. */
export const doneOf = (extra: 'text' | 'timestamptz'): string => `done AS MATERIALIZED (
  SELECT d.* FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::text[], $11::${extra}[],
    $12::text[], $13::timestamptz[]) WITH ORDINALITY
    AS d (tenant, key, digest, id, member_id, points, by, extra, body, leased_until, place)
), kept AS (
  INSERT INTO redemption.idempotency AS known (tenant, operation, key, request_hash, leased_until, status, body, created_at)
  SELECT tenant, $1, key, decode(digest, 'hex'), leased_until, $3, body, $2::timestamptz FROM done ORDER BY place
  ON CONFLICT (tenant, operation, key) DO UPDATE SET status = excluded.status, body = excluded.body
    WHERE known.status IS NULL AND known.request_hash = excluded.request_hash
  RETURNING tenant, key
)`;

/** The first answer stays: one that comes late, after its lease was taken over, is not kept. */
export const KEPT = 'SELECT kept.key IS NOT NULL AS kept FROM done LEFT JOIN kept USING (tenant, key) ORDER BY place';

// A refusal is decided afresh when it is asked again, so its note may be lost and its commit does not wait for the disk.
/** Gives the claim back, and notes a refusal of the ledger; $1 tenant, $2 operation, $3 key, $4 lease, $5 id, $6 refused, $7 now, $8 by. */
export const refuseOf = (table: 'hold' | 'redemption'): string => `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true)
), gone AS (
  DELETE FROM redemption.idempotency USING quick
  WHERE tenant = $1 AND operation = $2 AND key = $3 AND status IS NULL AND leased_until = $4
)
UPDATE redemption.${table} SET state = 'refused', changed_at = $7, changed_by = $8 FROM quick
WHERE tenant = $1 AND ${table}_id = $5 AND state = 'asked' AND $6`;
