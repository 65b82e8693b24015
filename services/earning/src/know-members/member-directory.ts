import { type MemberChanged, memberChanged } from '@trebol/contracts';
import type { Arrivals, IncomingMessage, MessageBatch, MessageFailure } from '@trebol/messaging';
import { binaryArray } from '@trebol/postgres-bulk';
import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import type { MemberLookup } from '../member-lookup.ts';
import { inTransaction, rowsOf, rowsOfPrepared, type Statement } from '../transaction.ts';

/**
 * Merges followed from one member to the next. Each merge points to a living member, so more than a few in a row is a fault in the
 * feed.
 */
const MERGES_FOLLOWED_MAX = 10;

/** Rates tickets that were kept until their identifier is known. */
export interface KeptTickets {
  rateKept(tenant: string, tokens: readonly string[]): Promise<void>;
}

/** Identifiers as they may be used: `status` is the identifier's own while its member is active, else the member's. */
const BY_TOKEN = {
  name: 'earning.members-by-token',
  text: 'SELECT token, member_id, status FROM earning.identifier WHERE tenant = $1 AND token = ANY($2::text[])',
};
const BY_MEMBER = {
  name: 'earning.members-by-id',
  text: 'SELECT member_id AS token, member_id, status FROM earning.member WHERE tenant = $1 AND member_id = ANY($2::text[])',
};

interface FoundRow { token: string; member_id: string; status: string }
interface MemberRow { member_id: string; status: string; merged_into: string | null }

/** Who may earn: the members and their identifiers as enrollment tells them, as tokens only. */
export class MemberDirectory implements MemberLookup {
  /** `registrations` hears of identifiers when their tickets are rated. */
  constructor(private readonly dataSource: DataSource, private readonly kept: KeptTickets, private readonly registrations: Arrivals) {}

  /**
   * Applies a batch of `trebol.member.changed.v1`: the newest version of a member wins, older ones change nothing. Then tickets
   * that waited for these identifiers are rated, also for messages seen before, because the process may have died in between.
   */
  async apply(batch: MessageBatch): Promise<readonly MessageFailure[]> {
    const failures: MessageFailure[] = [];
    const newest = new Map<string, { readonly tenant: string; readonly member: MemberChanged }>();
    for (const message of batch.messages) {
      const read = readMember(message);
      if ('failure' in read) failures.push(read.failure);
      else {
        const name = `${message.tenant}\n${read.member.memberId}`;
        if (
          (newest.get(name)?.member.version ?? 0) <= read.member.version
        ) newest.set(name, { tenant: message.tenant, member: read.member });
      }
    }
    for (const [tenant, changes] of Map.groupBy(newest.values(), (change) => change.tenant)) {
      await this.applyTenant(tenant, changes.map(({ member }) => member));
    }
    return failures;
  }

  async membersOf(tenant: string, tokens: readonly string[], client: ClientBase): Promise<ReadonlyMap<string, string>> {
    const [own, others] = split(tokens);
    const rows = [...await lookUp(client, BY_TOKEN, [tenant, others]), ...await lookUp(client, BY_MEMBER, [tenant, own])];
    const merged = await this.followMerges(tenant, rows, client);
    const members = new Map<string, string>();
    for (const row of rows) {
      const final = row.status === 'merged' ? merged.get(row.member_id) : row;
      if (final?.status === 'active') members.set(row.token, final.member_id);
    }
    return members;
  }

  private async applyTenant(tenant: string, members: readonly MemberChanged[]): Promise<void> {
    const inOrder = [...members].sort((left, right) => (left.memberId < right.memberId ? -1 : 1));
    await inTransaction(this.dataSource, async (client) => {
      const newer = new Set(await upsertMembers(client, tenant, inOrder));
      await replaceIdentifiers(client, tenant, inOrder.filter(({ memberId }) => newer.has(memberId)));
    });
    const tokens = inOrder.flatMap((member) =>
      [member.memberId, ...member.identifiers.filter(({ status }) => status === 'active').map(({ token }) => token)]);
    await this.kept.rateKept(tenant, tokens);
    this.registrations.arrived(tenant, tokens);
  }

  /** The living member behind each merged one. */
  private async followMerges(tenant: string, rows: readonly FoundRow[], client: ClientBase): Promise<ReadonlyMap<string, MemberRow>> {
    const final = new Map(rows.filter((row) => row.status === 'merged')
      .map((row): [string, MemberRow] => [row.member_id, { member_id: row.member_id, status: row.status, merged_into: row.member_id }]));
    for (let hop = 0; hop < MERGES_FOLLOWED_MAX; hop += 1) {
      const next = [...final.values()].flatMap((row) => (row.status === 'merged' && row.merged_into !== null ? row.merged_into : []));
      if (next.length === 0) break;
      const found = await rowsOf<MemberRow>(
        client, 'SELECT member_id, status, merged_into FROM earning.member WHERE tenant = $1 AND member_id = ANY($2::text[])',
        [tenant, next]);
      const byId = new Map(found.map((row) => [row.member_id, row]));
      for (const [from, row] of final) {
        if (row.status !== 'merged' || row.merged_into === null) continue;
        const into = byId.get(row.merged_into);
        if (into) final.set(from, into);
        else final.delete(from); // the other member's own message is still on its way
      }
    }
    return final;
  }
}

/** Our own ids name themselves; everything else is a token. */
function split(tokens: readonly string[]): readonly [own: readonly string[], others: readonly string[]] {
  const own = tokens.filter((token) => token.startsWith('mbr_'));
  return [own, own.length === 0 ? tokens : tokens.filter((token) => !token.startsWith('mbr_'))];
}

async function lookUp(
  client: ClientBase, statement: Statement, [tenant, names]: readonly [string, readonly string[]],
): Promise<readonly FoundRow[]> {
  return names.length === 0 ? [] : rowsOfPrepared<FoundRow>(client, statement, [tenant, binaryArray('text', names)]);
}

/** Writes members whose version is newer than what is known; answers which. */
async function upsertMembers(client: ClientBase, tenant: string, members: readonly MemberChanged[]): Promise<readonly string[]> {
  const rows = await rowsOf<{ member_id: string }>(client, `
    INSERT INTO earning.member AS m (tenant, member_id, version, status, merged_into)
    SELECT $1, n.member_id, n.version, n.status, n.merged_into
    FROM unnest($2::text[], $3::int4[], $4::text[], $5::text[]) AS n(member_id, version, status, merged_into)
    ON CONFLICT (tenant, member_id) DO UPDATE SET version = excluded.version, status = excluded.status, merged_into = excluded.merged_into
      WHERE m.version < excluded.version
    RETURNING m.member_id`, [
    tenant, binaryArray('text', members.map(({ memberId }) => memberId)), binaryArray('int4', members.map(({ version }) => version)),
    binaryArray('text', members.map(({ status }) => status)), binaryArray('text', members.map(({ mergedInto }) => mergedInto ?? null)),
  ]);
  return rows.map((row) => row.member_id);
}

/** A member's message lists all identifiers it has: others that pointed to it do so no longer. */
async function replaceIdentifiers(client: ClientBase, tenant: string, members: readonly MemberChanged[]): Promise<void> {
  if (members.length === 0) return;
  const listed = new Map<string, { memberId: string; status: string }>();
  for (const { memberId, status: memberStatus, identifiers } of members) {
    for (const { token, status } of identifiers) listed.set(token, { memberId, status: memberStatus === 'active' ? status : memberStatus });
  }
  const tokens = binaryArray('text', [...listed.keys()]);
  await client.query('DELETE FROM earning.identifier WHERE tenant = $1 AND member_id = ANY($2::text[]) AND NOT token = ANY($3::text[])',
    [tenant, binaryArray('text', members.map(({ memberId }) => memberId)), tokens]);
  await client.query(`
    INSERT INTO earning.identifier (tenant, token, member_id, status)
    SELECT $1, n.token, n.member_id, n.status FROM unnest($2::text[], $3::text[], $4::text[]) AS n(token, member_id, status)
    ON CONFLICT (tenant, token) DO UPDATE SET member_id = excluded.member_id, status = excluded.status`, [
    tenant, tokens, binaryArray('text', [...listed.values()].map(({ memberId }) => memberId)),
    binaryArray('text', [...listed.values()].map(({ status }) => status)),
  ]);
}

function readMember(message: IncomingMessage): { readonly member: MemberChanged } | { readonly failure: MessageFailure } {
  try {
    const parsed = memberChanged.safeParse(JSON.parse(message.value));
    if (parsed.success) return { member: parsed.data };
    return { failure: {
      message, code: 'unreadable',
      detail: parsed.error.issues.map((issue) => `${issue.path.join('/')}: ${issue.message}`).join('; '),
    } };
  } catch (error) {
    return { failure: { message, code: 'unreadable', detail: error instanceof Error ? error.message : String(error) } };
  }
}
