import { Problem, sampledTraceparent } from '@trebol/chassis';
import type { MemberChanged } from '@trebol/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { type PublicState, memberChangedMessage } from './public-state.ts';
import type { Who } from './settings.ts';

interface LockedRow {
  readonly status: MemberChanged['status']; readonly version: number; readonly language: 'es' | 'en';
  readonly home_store: string | null; readonly birth_month: number | null; readonly enrolled_at: Date;
}

type Lists = Pick<PublicState, 'identifiers' | 'consents'>;

const LOCK = `SELECT status, version, language, home_store, birth_month, enrolled_at
  FROM enrollment.member WHERE tenant = $1 AND member_id = $2 FOR UPDATE`;

// Read after the lock, in a statement of its own, so that it sees what the previous holder of the lock committed.
const LISTS = `SELECT
  (SELECT coalesce(json_agg(json_build_object('kind', kind, 'token', token, 'status', status)), '[]')
   FROM enrollment.identifier WHERE tenant = $1 AND member_id = $2) AS identifiers,
  (SELECT coalesce(json_agg(json_build_object('purpose', purpose, 'channel', channel, 'granted', granted,
     'textVersion', text_version)), '[]')
   FROM (SELECT DISTINCT ON (purpose, channel) purpose, channel, granted, text_version FROM enrollment.consent
         WHERE tenant = $1 AND member_id = $2 ORDER BY purpose, channel, version DESC) AS newest) AS consents`;

const FINISH = `WITH changed AS (
  UPDATE enrollment.member SET version = $3, language = $4, home_store = $5, birth_month = $6, changed_at = $7, changed_by = $8
  WHERE tenant = $1 AND member_id = $2 RETURNING tenant, member_id, version
), outbox AS (
  INSERT INTO enrollment.outbox (tenant, member_id, version, body, created_at, traceparent)
  SELECT tenant, member_id, version, $9, $7, $10 FROM changed
)
SELECT version FROM changed`;

/** What a change needs: the member's public state under lock, and the transaction it writes its rows in. */
export interface Change {
  readonly manager: EntityManager;
  readonly state: PublicState;
  readonly tenant: string;
  readonly memberId: string;
  readonly at: Date;
  readonly by: string;
}

/** How a change ended: what is told to the others, or nothing when everything was so already. */
export interface Changed<Answer> {
  readonly answer: Answer;
  readonly next?: { readonly change: MemberChanged['change']; readonly state: PublicState };
}

/** Which member is changed, by whom and when. */
export interface Changing { readonly memberId: string; readonly who: Who; readonly now: number }

/**
 * Changes of one member come one after another (lock on the row); each raises the version by one and writes the message about it in
 * the same transaction.
 */
export class MemberChanges {
  constructor(private readonly dataSource: DataSource, private readonly changed: () => void) {}

  /**
   * Runs `work` under the member's lock. Refusals: `memberNotFound`, `memberNotActive`, and what `work` throws; then nothing is
   * written.
   */
  async change<Answer>(changing: Changing, work: (change: Change) => Promise<Changed<Answer>>): Promise<Answer> {
    const { memberId, who: { tenant, keyId }, now } = changing;
    const done = await this.dataSource.transaction(async (manager) => {
      const state = await lockMember(manager, tenant, memberId);
      const at = new Date(now);
      const result = await work({ manager, state, tenant, memberId, at, by: keyId });
      if (result.next) {
        const { change, state: next } = result.next;
        await writeMember({ manager, tenant, at, by: keyId }, { change, state: { ...next, version: state.version } });
      }
      return result;
    });
    if (done.next) this.changed();
    return done.answer;
  }
}

/** Where, when and by whom a member's state is written. */
export interface MemberWritten { readonly manager: EntityManager; readonly tenant: string; readonly at: Date; readonly by: string }

/** Writes the next version of a member's public state (`state.version` is that which was read), and the message about it. */
export async function writeMember(where: MemberWritten, next: NonNullable<Changed<never>['next']>): Promise<void> {
  const { manager, tenant, at, by } = where;
  const state = { ...next.state, version: next.state.version + 1 };
  const message = JSON.stringify(memberChangedMessage(state, next.change));
  await manager.query(FINISH, [
    tenant, state.memberId, state.version, state.language, state.homeStore, state.birthMonth, at, by, message,
    sampledTraceparent() ?? null,
  ]);
}

/** Locks a member's row and reads the public state. Refusals: `memberNotFound`, `memberNotActive`. */
export async function lockMember(manager: EntityManager, tenant: string, memberId: string): Promise<PublicState> {
  const [member]: LockedRow[] = await manager.query(LOCK, [tenant, memberId]);
  if (!member) throw new Problem('memberNotFound');
  if (member.status !== 'active') throw new Problem('memberNotActive', { memberStatus: member.status });
  const [lists]: Lists[] = await manager.query(LISTS, [tenant, memberId]);
  return {
    memberId, status: member.status, version: member.version, enrolledAt: member.enrolled_at.getTime(), language: member.language,
    homeStore: member.home_store, birthMonth: member.birth_month, identifiers: lists?.identifiers ?? [], consents: lists?.consents ?? [],
  };
}
