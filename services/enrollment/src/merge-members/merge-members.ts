import { Problem } from '@trebol/chassis';
import { memberId } from '@trebol/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import type { MergeAnswer } from '../answers.ts';
import { type MemberWritten, lockMember, writeMember } from '../change-member.ts';
import { invalidField } from '../problems.ts';
import type { PublicState } from '../public-state.ts';
import { IDENTIFIERS_PER_MEMBER_MAX } from '../request-fields.ts';
import type { Settings, Who } from '../settings.ts';

/** Body of `POST /v1/members/{id}/merge`: the member who goes on. */
export const merging = z.strictObject({ into: memberId });
export type Merging = z.output<typeof merging>;

/** One merge: who asks for it, who goes and who stays. */
interface Merge { readonly tenant: string; readonly from: string; readonly into: string; readonly by: string; readonly at: Date }

const LOCK = 'SELECT member_id, status, merged_into FROM enrollment.member WHERE tenant = $1 AND member_id = ANY($2) ORDER BY member_id FOR UPDATE';
const ABSORBED = 'SELECT 1 FROM enrollment.member WHERE tenant = $1 AND merged_into = $2 LIMIT 1';
const MOVE = 'UPDATE enrollment.identifier SET member_id = $3, changed_at = $4, changed_by = $5 WHERE tenant = $1 AND member_id = $2';
const MERGED = `UPDATE enrollment.member SET status = 'merged', merged_into = $3 WHERE tenant = $1 AND member_id = $2`;

interface LockedRow { readonly member_id: string; readonly status: string; readonly merged_into: string | null }

/** Says that two members are one person: what named the one names the other from now on. The points follow in redemption. */
export class MergeMembers {
  constructor(private readonly settings: Settings, private readonly dataSource: DataSource, private readonly changed: () => void) {}

  /**
   * Merges `from` into `into`, for ever; asked again the answer is the same and nothing changes. Refusals: `invalidRequest` (into
   * itself), `memberNotFound`, `memberNotActive`, `mergeChain` (others were merged into `from`), `memberLimitReached`.
   */
  async merge(from: string, { into }: Merging, who: Who): Promise<MergeAnswer> {
    if (from === into) throw invalidField('/into', { es: 'es el mismo socio', en: 'is the same member' });
    const merge: Merge = { tenant: who.tenant, from, into, by: who.keyId, at: new Date(this.settings.clock.now()) };
    const fresh = await this.dataSource.transaction(async (manager) => {
      if (await this.isMerged(manager, merge)) return false;
      await this.write(manager, merge);
      return true;
    });
    if (fresh) this.changed();
    return { mergeId: mergeIdOf(from), memberId: from, into };
  }

  /** True when this very merge was made before. Both rows are locked, in the order of ids, so that two merges never wait for each other. */
  private async isMerged(manager: EntityManager, { tenant, from, into }: Merge): Promise<boolean> {
    const rows: LockedRow[] = await manager.query(LOCK, [tenant, [from, into].toSorted()]);
    const [gone, kept] = [from, into].map((id) => rows.find(({ member_id: found }) => found === id));
    if (!gone || !kept) throw new Problem('memberNotFound');
    if (gone.merged_into === into) return true;
    for (const { status } of [gone, kept]) if (status !== 'active') throw new Problem('memberNotActive', { memberStatus: status });
    const absorbed: unknown[] = await manager.query(ABSORBED, [tenant, from]);
    if (absorbed.length > 0) throw new Problem('mergeChain');
    return false;
  }

  private async write(manager: EntityManager, merge: Merge): Promise<void> {
    const { tenant, from, into, by, at } = merge;
    const [gone, kept] = [await lockMember(manager, tenant, from), await lockMember(manager, tenant, into)];
    const identifiers = [...kept.identifiers, ...gone.identifiers];
    if (identifiers.length > IDENTIFIERS_PER_MEMBER_MAX) {
      throw new Problem('memberLimitReached', { limit: 'identifiers', max: IDENTIFIERS_PER_MEMBER_MAX });
    }
    await manager.query(MOVE, [tenant, from, into, at, by]);
    await manager.query(MERGED, [tenant, from, into]);
    const merged: PublicState = { ...gone, status: 'merged', mergedInto: into, identifiers: [] };
    const written: MemberWritten = { manager, tenant, at, by };
    await writeMember(written, { change: 'merged', state: merged });
    await writeMember(written, { change: 'identifierLinked', state: { ...kept, identifiers } });
  }
}

/** A member is merged once, so the merge has the member's own id with another prefix; redemption knows it by the same. */
const mergeIdOf = (from: string): string => `mrg_${from.slice('mbr_'.length)}`;
