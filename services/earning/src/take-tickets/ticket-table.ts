import { sampledTraceparent } from '@trebol/chassis';
import { type ColumnType, binaryArray, copyRows } from '@trebol/postgres-bulk';
import type { ClientBase } from 'pg';
import type { CorrectionFaultCode } from '../reasons.ts';
import type { TicketBody } from '../ticket-body.ts';
import { rowsOf, rowsOfPrepared } from '../transaction.ts';
import type { CanonicalTicket } from './canonical-ticket.ts';

const OPEN_BATCH = {
  name: 'earning.open-batch',
  text: `INSERT INTO earning.rating_batch (batch, tenant, rated_at, traceparent)
    VALUES (nextval('earning.batch_id'), $1, $2, $3) RETURNING batch`,
};
const KNOWN = {
  name: 'earning.known',
  text: 'SELECT transaction_key, content_hash FROM earning.ticket WHERE tenant = $1 AND transaction_key = ANY($2::text[])',
};

/** What was decided of a ticket. `posted` is not among them: it is said of the batch. */
export type Decision = 'rated' | 'noMember' | 'awaitingOriginal' | 'tooOld' | 'rejected';

/**
 * The part of a decision that is written. `lots` and `explanation` are compact JSON, so that a later posting sends exactly what was
 * decided (G8).
 */
export interface Decided {
  readonly decision: Decision;
  /** Why it was rejected, and the field that this is about. */
  readonly reason?: CorrectionFaultCode | undefined;
  readonly pointer?: string | undefined;
  readonly memberId?: string | undefined;
  readonly ruleVersion?: number | undefined;
  readonly points: number;
  readonly lots?: string | undefined;
  readonly explanation?: string | undefined;
  /** Compact JSON: the later last day that the purchase gives the points the member has already. */
  readonly extension?: string | undefined;
}

/** Content that is known under a key. */
export interface KnownTicket { readonly key: string; readonly hash: Buffer }

const COLUMNS: readonly { readonly name: string; readonly type: ColumnType }[] = [
  { name: 'tenant', type: 'text' }, { name: 'transaction_key', type: 'text' }, { name: 'content_hash', type: 'bytea' },
  { name: 'batch', type: 'int8' }, { name: 'version', type: 'int4' }, { name: 'type', type: 'text' },
  { name: 'decision', type: 'text' }, { name: 'reason', type: 'text' }, { name: 'member_id', type: 'text' },
  { name: 'token', type: 'text' }, { name: 'original_key', type: 'text' }, { name: 'occurred_at', type: 'timestamptz' },
  { name: 'recorded_at', type: 'timestamptz' }, { name: 'rule_version', type: 'int4' }, { name: 'points', type: 'int8' },
  { name: 'lots', type: 'text' }, { name: 'explanation', type: 'text' }, { name: 'extension', type: 'text' },
  { name: 'body', type: 'bytea' },
];

/** The row of a batch that tickets refer to. `recordedAt` in milliseconds. */
export interface BatchHeader {
  readonly tenant: string;
  readonly batch: number;
  readonly recordedAt: number;
  /** The trace it was opened in, where one is recorded: what is done later with the batch, by whichever process, belongs to it. */
  readonly traceparent?: string | undefined;
}

/** Opens a batch: its tickets refer to it, and it says once for all of them whether they are posted. */
export async function openBatch(client: ClientBase, tenant: string, recordedAt: number): Promise<BatchHeader> {
  const traceparent = sampledTraceparent();
  const [row] = await rowsOfPrepared<{ batch: string }>(client, OPEN_BATCH, [tenant, new Date(recordedAt), traceparent ?? null]);
  return { tenant, batch: Number(row?.batch), recordedAt, traceparent };
}

/** Writes new tickets by binary COPY, in order of key: neighbours in the index, and two writers of the same keys meet in the same order. */
export async function insertTickets(
  client: ClientBase, header: BatchHeader, tickets: readonly { readonly canonical: CanonicalTicket; readonly decided: Decided }[],
): Promise<void> {
  const { tenant, batch, recordedAt } = header;
  const rows = [...tickets]
    .sort((left, right) => (left.canonical.key < right.canonical.key ? -1 : 1))
    .map(({ canonical, decided }) => [
      tenant, canonical.key, canonical.hash, batch, 1, canonical.ticket.type, decided.decision, decided.reason ?? null,
      decided.memberId ?? null,
      canonical.token ?? null, canonical.originalKey ?? null, canonical.occurredAt, recordedAt, decided.ruleVersion ?? null, decided.points,
      decided.lots ?? null, decided.explanation ?? null, decided.extension ?? null, canonical.body,
    ]);
  await copyRows(client, { table: 'earning.ticket', columns: COLUMNS }, rows);
}

/** Decides tickets anew that are already in the table: they move to this batch and their version grows. */
export async function updateDecisions(
  client: ClientBase, header: BatchHeader, decisions: readonly { readonly key: string; readonly decided: Decided }[],
): Promise<void> {
  if (decisions.length === 0) return;
  const column = (type: ColumnType, pick: (decided: Decided) => unknown): Buffer =>
    binaryArray(type, decisions.map(({ decided }) => pick(decided) ?? null));
  await client.query(`
    UPDATE earning.ticket t SET batch = $2, version = t.version + 1, decision = d.decision, reason = d.reason, pointer = d.pointer, member_id = d.member_id,
      rule_version = d.rule_version, points = d.points, lots = d.lots, explanation = d.explanation, extension = d.extension
    FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::int4[], $8::int8[], $9::text[], $10::text[], $11::text[], $12::text[])
      AS d(transaction_key, decision, reason, member_id, rule_version, points, lots, explanation, pointer, extension)
    WHERE t.tenant = $1 AND t.transaction_key = d.transaction_key`, [
    header.tenant, header.batch, binaryArray('text', decisions.map(({ key }) => key)),
    column('text', (decided) => decided.decision), column('text', (decided) => decided.reason),
    column('text', (decided) => decided.memberId), column('int4', (decided) => decided.ruleVersion),
    column('int8', (decided) => decided.points), column('text', (decided) => decided.lots),
    column('text', (decided) => decided.explanation), column('text', (decided) => decided.pointer),
    column('text', (decided) => decided.extension),
  ]);
}

/** Content already known under these keys. */
export async function knownTickets(client: ClientBase, tenant: string, keys: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
  if (keys.length === 0) return new Map();
  const rows = await rowsOfPrepared<{ transaction_key: string; content_hash: Buffer }>(client, KNOWN, [tenant, binaryArray('text', keys)]);
  return new Map(rows.map((row) => [row.transaction_key, row.content_hash]));
}

/** Keeps tickets whose key belongs to other content; answers those (by key and hash) that were not kept before. */
export async function quarantine(
  client: ClientBase, tenant: string, conflicts: { readonly recordedAt: number; readonly tickets: readonly CanonicalTicket[] },
): Promise<ReadonlySet<string>> {
  const { tickets, recordedAt } = conflicts;
  if (tickets.length === 0) return new Set();
  const rows = await rowsOf<{ transaction_key: string; content_hash: Buffer }>(client, `
    INSERT INTO earning.quarantine (tenant, transaction_key, content_hash, recorded_at, body)
    SELECT $1, q.key, q.hash, $2, q.body FROM unnest($3::text[], $4::bytea[], $5::bytea[]) AS q(key, hash, body)
    ON CONFLICT DO NOTHING RETURNING transaction_key, content_hash`, [
    tenant, new Date(recordedAt), binaryArray('text', tickets.map(({ key }) => key)), binaryArray('bytea', tickets.map(({ hash }) => hash)),
    binaryArray('bytea', tickets.map(({ body }) => body)),
  ]);
  return new Set(rows.map((row) => contentName(row.transaction_key, row.content_hash)));
}

/** Names one content of one key. */
export const contentName = (key: string, hash: Buffer): string => `${key}#${hash.toString('hex')}`;

/** The stored body of a ticket. */
export const bodyOf = (body: Buffer): TicketBody => JSON.parse(body.toString()) as TicketBody;

/** The business day is the third part of a transaction key. */
export const businessDayOf = (key: string): string => key.split('~')[2] ?? '';
