import type { SpendStatements } from '../spend-once.ts';
import { CLAIMED, KEPT, MAY_ASK, askedOf, doneOf, refuseOf } from '../spend-sql.ts';

// The intent: durable before the wallet is touched, so that a hold which exists in a wallet can always be found and lapsed. An
// earlier run of the same request keeps its own row and time; only one that the wallet refused is asked afresh.
const ASK = `WITH ${askedOf('hold', 'timestamptz')}, ${CLAIMED}, intent AS (
  INSERT INTO redemption.hold AS h
    (tenant, hold_id, member_id, points, expires_at, lapse_at, state, created_at, created_by, changed_at, changed_by)
  SELECT tenant, id, member_id, points, extra, extra, 'asked', $2::timestamptz, by, $2::timestamptz, by FROM ${MAY_ASK}
  ON CONFLICT (tenant, hold_id) DO UPDATE SET
    state = CASE WHEN h.state = 'refused' THEN 'asked' ELSE h.state END,
    expires_at = CASE WHEN h.state = 'refused' THEN excluded.expires_at ELSE h.expires_at END,
    lapse_at = CASE WHEN h.state = 'refused' THEN excluded.lapse_at ELSE h.lapse_at END
  RETURNING tenant, hold_id AS id, member_id, points, expires_at, created_at
)
SELECT claimed.key IS NOT NULL AS claimed, asked.member_status AS status, intent.member_id, intent.points, intent.expires_at, intent.created_at
FROM asked LEFT JOIN claimed USING (tenant, key) LEFT JOIN intent USING (tenant, id) ORDER BY place`;

const KEEP = `WITH ${doneOf('timestamptz')}, noted AS (
  INSERT INTO redemption.hold AS h
    (tenant, hold_id, member_id, points, expires_at, lapse_at, state, created_at, created_by, changed_at, changed_by)
  SELECT tenant, id, member_id, points, extra, extra, 'open', $2::timestamptz, by, $2::timestamptz, by FROM done ORDER BY place
  ON CONFLICT (tenant, hold_id) DO UPDATE SET state = 'open', changed_at = excluded.changed_at, changed_by = excluded.changed_by
    WHERE h.state IN ('asked', 'refused')
)
${KEPT}`;

/** A hold: `asked` before the append, then `open` or `refused`. */
export const holdStatements: SpendStatements = {
  operation: 'holds.place', ask: { name: 'redemption.hold-ask', text: ASK }, keep: { name: 'redemption.hold-keep', text: KEEP },
  refuse: refuseOf('hold'),
};
