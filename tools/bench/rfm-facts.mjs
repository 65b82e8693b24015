// Facts of made tickets in the segmentation store, written with DuckDB into the store's own tables (they are the truth; Parquet is only its
// export), and the same RFM written by hand. The scoring itself is reached here and nowhere else: the service exports only the whole run.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { FactStore } from '@trebol/segmentation';

export { readPositions } from '../../services/segmentation/dist/keep-facts/fact-store.js';
export { scoreRfm } from '../../services/segmentation/dist/score-rfm/score-rfm.js';
export { rf25 } from '../../services/segmentation/dist/segment-map/rf25.js';
export { cellsOf } from '../../services/segmentation/dist/segment-map/segment-map.js';

export const TENANT = 'main';
export const FIRST_DAY = '2025-01-01';
export const DAYS = 700;
const TICKETS_PER_MEMBER = 10;
const LINES = 3;
/** Only while facts are made; the store has its own limits. */
const MAKING = { memory_limit: '2GB', threads: '2', preserve_insertion_order: 'false' };

/** Numbers from 0 to below 1 that depend on the ticket, a name and the seed. */
const drawn = (name, seed) => `((hash(i, '${name}', ${seed}) >> 11)::DOUBLE / 9007199254740992)`;
const amount = (line, seed) => `(100 + (hash(i, ${line}, ${seed}) % 5000)::BIGINT)`;

/** In order of time: Zipf 1.0 over members (rank n^u), 5 % without member, 0.5 % voids of the ticket before. */
const tickets = (count, members, seed) => `SELECT i, ${drawn('kind', seed)} < 0.005 AND i > 0 AS void,
  CASE WHEN ${drawn('known', seed)} < 0.95 THEN 'mbr_' || lpad(floor(${members} ** ${drawn('member', seed)})::BIGINT::VARCHAR, 32, '0') END AS member_id,
  'store-' || (hash(i, 'store', ${seed}) % 50)::VARCHAR AS store_id, DATE '${FIRST_DAY}' + (i * ${DAYS} // ${count})::INTEGER AS local_day
FROM range(${count}) AS made(i)`;
const key = (i, day) => `store_id || '~1~' || ${day}::VARCHAR || '~' || (${i})::VARCHAR`;
const instant = 'epoch_ms(local_day::TIMESTAMP) + 43200000';

const statements = (count, members, seed) => [
  `CREATE TEMP TABLE made AS SELECT *, ${key('i', 'local_day')} AS transaction_key FROM (${tickets(count, members, seed)})`,
  `INSERT INTO ticket SELECT '${TENANT}', made.transaction_key, 1, CASE WHEN void THEN 'void' ELSE 'sale' END, 'posted', member_id, store_id, local_day, ${instant}, 'EUR',
    CASE WHEN void THEN 0 ELSE ${[1, 2, 3].map((line) => amount(line, seed)).join(' + ')} END, 10, 0, before.transaction_key
  FROM made LEFT JOIN (SELECT i AS before_i, transaction_key FROM made) before ON before_i = CASE WHEN void THEN i - 1 END`,
  `INSERT INTO line SELECT '${TENANT}', transaction_key, 'sale', 'posted', member_id, store_id, local_day, ${instant}, 'EUR', line,
    'S' || (hash(i, line) % 5000)::VARCHAR, NULL, 1, ${amount('line', seed)} / 100, ${amount('line', seed)}
  FROM made CROSS JOIN (SELECT unnest(range(1, ${LINES + 1})) AS line) WHERE NOT void`,
  `INSERT INTO member SELECT '${TENANT}', 'mbr_' || lpad(n::VARCHAR, 32, '0'), 1, CASE WHEN n % 200 = 7 THEN 'merged' ELSE 'active' END,
    CASE WHEN n % 200 = 7 THEN 'mbr_' || lpad((n + 1)::VARCHAR, 32, '0') END FROM range(1, ${members + 1}) AS made(n)`,
  'DROP TABLE made', 'CHECKPOINT',
];

/** Fills a fresh store; answers with the number of members and the bytes of its file. */
export async function makeFacts(dataFolder, count, seed) {
  const store = await FactStore.open({ dataFolder });
  await store.close();
  const file = join(dataFolder, 'facts', 'facts.duckdb');
  const members = Math.max(10, Math.floor(count / TICKETS_PER_MEMBER));
  const instance = await DuckDBInstance.create(file, MAKING);
  const connection = await instance.connect();
  for (const statement of statements(count, members, seed)) await connection.run(statement);
  connection.disconnectSync();
  instance.closeSync();
  return { members, bytes: (await stat(file)).size };
}

/** What somebody would write who knows the tables and wants only this one answer: every customer with scores and group, in a table. */
export const byHand = (cells, asOfDay) => `CREATE TEMP TABLE by_hand AS WITH voided AS (SELECT original_key FROM ticket WHERE tenant = '${TENANT}' AND type = 'void'),
receipt AS (
  SELECT member_id, transaction_key, local_day, sum(amount) AS minor FROM line
  WHERE tenant = '${TENANT}' AND type = 'sale' AND status NOT IN ('quarantined', 'rejected', 'duplicate') AND currency = 'EUR' AND quantity > 0
    AND unit_price > 0 AND local_day < DATE '${asOfDay}' AND member_id IS NOT NULL AND transaction_key NOT IN (SELECT original_key FROM voided)
  GROUP BY member_id, transaction_key, local_day),
customer AS (
  SELECT coalesce(m.merged_into, r.member_id) AS member_id, DATE '${asOfDay}' - max(local_day) AS recency, count(*) AS orders, sum(minor) AS minor
  FROM receipt r LEFT JOIN (SELECT * FROM member WHERE status = 'merged') m ON m.member_id = r.member_id GROUP BY 1),
cut AS (
  SELECT quantile_disc(recency, [0.2, 0.4, 0.6, 0.8]) AS r, quantile_disc(orders, [0.2, 0.4, 0.6, 0.8]) AS f, quantile_disc(minor, [0.2, 0.4, 0.6, 0.8]) AS m FROM customer),
scored AS (
  SELECT member_id, recency, orders, customer.minor, 5 - ${above('recency', 'cut.r')} AS r, 1 + ${above('orders', 'cut.f')} AS f,
    1 + ${above('customer.minor', 'cut.m')} AS m FROM customer, cut),
cell(scores, grp) AS (VALUES ${[...cells].map(([scores, group]) => `('${scores}', '${group}')`).join(', ')})
SELECT scored.*, grp FROM scored JOIN cell ON scores = concat(r, f)`;
export const GROUPS_BY_HAND = 'SELECT grp, count(*), sum(minor) FROM by_hand GROUP BY grp';

function above(value, points) {
  return `(${[1, 2, 3, 4].map((n) => `(${value} > ${points}[${n}])::INTEGER`).join(' + ')})`;
}
