import kafkajs, { type Assigner } from 'kafkajs';

const { AssignerProtocol: { MemberAssignment, MemberMetadata } } = kafkajs;

/** Part of the group protocol: all members of a group must know the same rule. */
const RULE_NAME = 'trebol-sticky-1';

/** A consumer as the leader of its group sees it. */
export interface GroupMember {
  readonly id: string;
  readonly topics: readonly string[];
  /** Partitions it works on now. */
  readonly owned: Readonly<Record<string, readonly number[]>>;
  /** Partitions there are of each of its topics. */
  readonly counts: Readonly<Record<string, number>>;
}

export type Assignment = Record<string, number[]>;

/**
 * Shares each topic evenly among those who want it; whoever has a partition keeps it unless it has too many. (kafkajs's own rule deals all
 * topics to all members, wanted or not, and moves nearly all partitions whenever somebody comes or goes.)
 */
export function assign(members: readonly GroupMember[]): ReadonlyMap<string, Assignment> {
  const sorted = members.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const result = new Map<string, Assignment>(sorted.map(({ id }) => [id, {}]));
  const loads = new Map<string, number>(sorted.map(({ id }) => [id, 0]));
  for (const topic of [...new Set(sorted.flatMap(({ topics }) => topics))].toSorted()) {
    const wanting = sorted.filter(({ topics }) => topics.includes(topic));
    for (const [id, partitions] of shareTopic(topic, wanting, loads)) {
      const assignment = result.get(id);
      if (assignment) assignment[topic] = partitions.toSorted((a, b) => a - b);
      loads.set(id, (loads.get(id) ?? 0) + partitions.length);
    }
  }
  return result;
}

function shareTopic(topic: string, wanting: readonly GroupMember[], loads: ReadonlyMap<string, number>): ReadonlyMap<string, number[]> {
  const count = Math.max(...wanting.map(({ counts }) => counts[topic] ?? 0));
  const least = Math.floor(count / wanting.length);
  let larger = count % wanting.length;
  const free = new Set(Array.from({ length: count }, (_, partition) => partition));
  const shares = new Map<string, number[]>();
  for (const { id, owned } of wanting) {
    const kept = (owned[topic] ?? []).filter((partition) => free.has(partition)).slice(0, larger > 0 ? least + 1 : least);
    if (kept.length > least) larger -= 1;
    for (const partition of kept) free.delete(partition);
    shares.set(id, kept);
  }
  for (const partition of free) leastLoaded(shares, loads)?.push(partition);
  return shares;
}

/** The smallest share; among equals whoever has least of the other topics. */
function leastLoaded(shares: ReadonlyMap<string, number[]>, loads: ReadonlyMap<string, number>): number[] | undefined {
  const weight = ([id, share]: readonly [string, number[]]): number => share.length * 1_000_000 + (loads.get(id) ?? 0);
  return [...shares].toSorted((a, b) => weight(a) - weight(b))[0]?.[1];
}

/** The rule as kafkajs takes it. `own` is read each time the group is joined. */
export function stickyAssigner(own: () => Pick<GroupMember, 'owned' | 'counts'>): Assigner {
  return {
    name: RULE_NAME,
    version: 1,
    protocol: ({ topics }) => ({
      name: RULE_NAME, metadata: MemberMetadata.encode({ version: 1, topics, userData: Buffer.from(JSON.stringify(own())) }),
    }),
    assign: async ({ members }) => {
      const shared = assign(members.map(({ memberId, memberMetadata }) => memberOf(memberId, memberMetadata)));
      return await Promise.resolve([...shared].map(([memberId, assignment]) => ({
        memberId, memberAssignment: MemberAssignment.encode({ version: 1, assignment, userData: Buffer.alloc(0) }),
      })));
    },
  };
}

function memberOf(id: string, metadata: Buffer): GroupMember {
  const decoded = MemberMetadata.decode(metadata);
  if (!decoded) throw new Error(`member ${id} of the group says nothing`);
  const { owned, counts } = JSON.parse(decoded.userData.toString('utf8')) as Pick<GroupMember, 'owned' | 'counts'>;
  return { id, topics: decoded.topics, owned, counts };
}
