import { Problem } from '@trebol/chassis';
import type { MemberStanding } from '../facts.ts';
import type { ScoredMember, StoredRun } from '../run-record.ts';
import type { StoredRuns } from '../stored-runs.ts';

/** A group of a run as a segment. */
export interface Segment {
  readonly segmentId: string;
  readonly name: { readonly es: string; readonly en: string };
  readonly runId: string;
  readonly asOf: string;
  readonly zone: string;
  readonly members: number;
  readonly orders: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly identifiedShare: StoredRun['identifiedShare'];
}

export interface SegmentMembers {
  readonly segmentId: string;
  readonly runId: string;
  readonly asOf: string;
  readonly identifiedShare: StoredRun['identifiedShare'];
  readonly members: readonly {
    readonly memberId: string;
    readonly scores: { readonly r: number; readonly f: number; readonly m: number };
    readonly group: string;
    readonly lastPurchaseDay: string;
    readonly orders: number;
    readonly amountMinor: number;
  }[];
  /** Cursor of the next page; null at the end. */
  readonly next: string | null;
}

/** Segments as the latest run of each map left them. */
export class ListSegments {
  readonly #runs: StoredRuns;
  readonly #standing: MemberStanding;

  constructor(runs: StoredRuns, standing: MemberStanding) {
    this.#runs = runs;
    this.#standing = standing;
  }

  async segments(tenant: string): Promise<readonly Segment[]> {
    return (await this.#runs.latest(tenant)).flatMap((run) => run.groups.map((group) => ({
      segmentId: group.segmentId, name: group.name, runId: run.runId, asOf: run.inputs.asOf, zone: run.inputs.zone,
      members: group.members, orders: group.orders, amountMinor: group.amountMinor, currency: run.inputs.currency,
        identifiedShare: run.identifiedShare,
    })));
  }

  /**
   * A page of members in order of id. The cursor names the run, so that pages of one listing never mix two runs; members blocked, merged or
   * erased since are left out. Problem segmentNotFound, also for a cursor that is not of this segment.
   */
  async members(tenant: string, segmentId: string, page: { cursor?: string | undefined; limit: number }): Promise<SegmentMembers> {
    const { run, after } = await this.#place(tenant, segmentId, page.cursor);
    const group = segmentId.slice(segmentId.indexOf(':') + 1);
    const found = await this.#runs.members(tenant, { runId: run.runId, group }, { after, limit: page.limit });
    const inactive = await this.#standing.inactiveAmong(tenant, found.map((member) => member.memberId));
    const last = found.length === page.limit ? found.at(-1) : undefined;
    return {
      segmentId, runId: run.runId, asOf: run.inputs.asOf, identifiedShare: run.identifiedShare,
      members: found.filter((member) => !inactive.has(member.memberId)).map(shown),
      next: last ? Buffer.from(`${run.runId} ${last.memberId}`).toString('base64url') : null,
    };
  }

  async #place(tenant: string, segmentId: string, cursor: string | undefined): Promise<{ run: StoredRun; after: string }> {
    if (cursor === undefined) {
      const latest = await this.#runs.latestOf(tenant, segmentId);
      if (!latest) throw new Problem('segmentNotFound', { segmentId });
      return { run: latest.run, after: '' };
    }
    const [runId = '', after = ''] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
    const run = await this.#runs.find(tenant, runId);
    if (!run?.groups.some((group) => group.segmentId === segmentId)) throw new Problem('segmentNotFound', { segmentId });
    return { run, after };
  }
}

const shown = (member: ScoredMember): SegmentMembers['members'][number] => ({
  memberId: member.memberId, scores: { r: member.r, f: member.f, m: member.m }, group: member.group,
  lastPurchaseDay: member.lastPurchaseDay, orders: member.orders, amountMinor: member.amountMinor,
});
