import type { RfmDefinition, Cutpoints } from '../run-record.ts';
import { NOT_A_PURCHASE } from '../facts.ts';

/** Longest chain of merges followed: a merged member was itself merged, and so on. */
const MERGE_DEPTH_MAX = 16;

const purchaseStatus = NOT_A_PURCHASE.map((status) => `'${status}'`).join(', ');

/** Sales in the window, before line filters and voids: what both the currency question and the scores start from. */
const sales = (alias: string): string => `${alias}.tenant = $tenant AND ${alias}.type = 'sale'
    AND ${alias}.status NOT IN (${purchaseStatus})
    AND ${alias}.occurred_at >= $from::BIGINT AND ${alias}.occurred_at < $asOf::BIGINT`;

export const CURRENCIES = `SELECT DISTINCT t.currency FROM ticket t WHERE ${sales('t')} ORDER BY 1`;

/**
 * One row per customer, and one with member_id null for all sales without a member. Receipts first, then customers: both steps are plain
 * grouping, so they spill to disk when the memory limit is reached. A merged member's purchases are its survivor's.
 */
export function axesSql(definition: RfmDefinition): string {
  return `CREATE TEMP TABLE axes AS
WITH RECURSIVE chain(member_id, survivor, depth) AS (
  SELECT member_id, merged_into, 1 FROM member WHERE tenant = $tenant AND status = 'merged' AND merged_into IS NOT NULL
  UNION ALL
  SELECT c.member_id, m.merged_into, c.depth + 1 FROM chain c JOIN member m ON m.member_id = c.survivor
  WHERE m.tenant = $tenant AND m.status = 'merged' AND m.merged_into IS NOT NULL AND c.depth < ${MERGE_DEPTH_MAX}),
survivor AS (SELECT member_id, arg_max(survivor, depth) AS survivor FROM chain GROUP BY member_id),
voided AS (
  SELECT DISTINCT t.original_key FROM ticket t
  WHERE t.tenant = $tenant AND t.type = 'void' AND t.status NOT IN (${purchaseStatus}) AND t.occurred_at < $asOf::BIGINT
    AND t.original_key IS NOT NULL),
receipt AS (
  SELECT l.member_id, l.transaction_key, l.local_day, sum(l.amount) AS minor, count(*) AS lines
  FROM line l ANTI JOIN voided v ON v.original_key = l.transaction_key
  WHERE ${sales('l')} AND l.currency = $currency AND l.quantity > $quantityAbove::BIGINT
    AND (l.unit_price > $unitPriceAbove::DECIMAL(18,6) OR (l.unit_price IS NULL AND l.amount > 0))
  GROUP BY l.member_id, l.transaction_key, l.local_day),
customer AS (
  SELECT coalesce(s.survivor, r.member_id) AS member_id, max(r.local_day) AS last_day, ${ordersSql(definition)} AS orders,
    sum(r.minor)::BIGINT AS minor, sum(r.lines)::BIGINT AS lines
  FROM receipt r LEFT JOIN survivor s ON s.member_id = r.member_id GROUP BY 1)
SELECT c.member_id, c.member_id IS NOT NULL AND coalesce(m.status, 'active') = 'active' AS counted, c.last_day::VARCHAR AS last_day,
  greatest(0, $asOfDay::DATE - c.last_day)::INTEGER AS recency, c.orders::INTEGER AS orders, c.minor, c.lines
FROM customer c LEFT JOIN (SELECT * FROM member WHERE tenant = $tenant) m ON m.member_id = c.member_id`;
}

function ordersSql(definition: RfmDefinition): string {
  switch (definition.purchase) {
    case 'receipt': return 'count(*)';
    case 'distinctDay': return 'count(DISTINCT r.local_day)';
    default: { const never: never = definition.purchase; throw new TypeError(String(never)); }
  }
}

/** Type-1 quantiles (smallest observed value with cumulative share ≥ p) of integers; the fractions are exact decimals, not floats. */
export const CUTPOINTS = `SELECT quantile_disc(recency, [0.2, 0.4, 0.6, 0.8]), quantile_disc(orders, [0.2, 0.4, 0.6, 0.8]),
  quantile_disc(minor, [0.2, 0.4, 0.6, 0.8]) FROM axes WHERE counted`;

/** Compares every customer with the cutpoints; the group is looked up in the temporary table `cell`. */
export function scoredSql(cutpoints: Cutpoints, axes: readonly string[]): string {
  const above = (column: string, points: readonly number[]): string =>
    points.map((point) => `(${column} > ${BigInt(point)})::INTEGER`).join(' + ');
  return `CREATE TEMP TABLE scored AS
SELECT s.*, c.grp FROM (
  SELECT member_id, last_day, recency, orders, minor, lines, 5 - (${above('recency', cutpoints.recencyDays)}) AS r,
    1 + (${above('orders', cutpoints.orders)}) AS f, 1 + (${above('minor', cutpoints.amountMinor)}) AS m
  FROM axes WHERE counted) s
JOIN cell c ON c.scores = concat(${axes.join(', ')})`;
}

export const TOTALS = 'SELECT count(*), sum(lines), sum(orders), sum(minor) FROM scored';
export const SCORE_COUNTS = ['r', 'f', 'm'].map((axis) => `SELECT '${axis}', ${axis}, count(*) FROM scored GROUP BY ${axis}`)
  .join(' UNION ALL ');
export const GROUP_FIGURES = 'SELECT grp, count(*), sum(orders), sum(minor) FROM scored GROUP BY grp';
export const IDENTIFIED = `SELECT coalesce(sum(lines) FILTER (member_id IS NOT NULL), 0), coalesce(sum(lines), 0),
  coalesce(sum(minor) FILTER (member_id IS NOT NULL), 0), coalesce(sum(minor), 0) FROM axes`;
export const FACT_COUNTS = ['ticket', 'line', 'member'].map((table) => `(SELECT count(*) FROM ${table} WHERE tenant = $tenant)`).join(', ');
/** In order of id, byte by byte: the hash of the inputs and the order of the stored rows depend on it. */
export const SCORED_MEMBERS = 'SELECT member_id, r, f, m, grp, recency, orders, minor, last_day FROM scored ORDER BY member_id';
