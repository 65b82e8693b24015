import type { SpendStatements } from '../spend-once.ts';
import { CLAIMED, KEPT, MAY_ASK, askedOf, doneOf, refuseOf } from '../spend-sql.ts';

// The intent, durable before the wallet is touched: whose redemption an id is can always be told. See `hold-points`.
const ASK = `WITH ${askedOf('redemption', 'text')}, ${CLAIMED}, intent AS (
  INSERT INTO redemption.redemption AS r
    (tenant, redemption_id, member_id, points, ticket, state, created_at, created_by, changed_at, changed_by)
  SELECT tenant, id, member_id, points, extra, 'asked', $2::timestamptz, by, $2::timestamptz, by FROM ${MAY_ASK}
  ON CONFLICT (tenant, redemption_id) DO UPDATE SET state = CASE WHEN r.state = 'refused' THEN 'asked' ELSE r.state END
  RETURNING tenant, redemption_id AS id, member_id, points, created_at
)
SELECT claimed.key IS NOT NULL AS claimed, asked.member_status AS status, intent.member_id, intent.points, intent.created_at
FROM asked LEFT JOIN claimed USING (tenant, key) LEFT JOIN intent USING (tenant, id) ORDER BY place`;

const KEEP = `WITH ${doneOf('text')}, noted AS (
  INSERT INTO redemption.redemption AS r
    (tenant, redemption_id, member_id, points, ticket, state, created_at, created_by, changed_at, changed_by)
  SELECT tenant, id, member_id, points, extra, 'done', $2::timestamptz, by, $2::timestamptz, by FROM done ORDER BY place
  ON CONFLICT (tenant, redemption_id) DO UPDATE SET state = 'done', changed_at = excluded.changed_at, changed_by = excluded.changed_by
)
${KEPT}`;

/** A redemption: `asked` before the append, then `done` or `refused`. */
export const redeemStatements: SpendStatements = {
  operation: 'redemptions.redeem', ask: { name: 'redemption.redeem-ask', text: ASK }, keep: { name: 'redemption.redeem-keep', text: KEEP },
  refuse: refuseOf('redemption'),
};
