import type { Clock } from '@trebol/contracts';
import type pg from 'pg';
import type { Claim } from '../runner/partition-source.ts';
import { groupLock, lockClass } from './schema.ts';
import { Session } from './session.ts';

/** Pause between attempts to get partitions that others hold: how long a partition may lie idle after its holder went. */
const CLAIM_RETRY_MS = 500;
/** Pause between looks at how many consumers a group has, once all partitions are held. */
const SHARE_REVIEW_MS = 2_000;

/** A partition of a group, whoever works on it. */
export interface GroupPartition {
  /** Id of its row in `group_offset`, and second key of its advisory lock. */
  readonly offsetId: number;
  readonly topic: string;
  readonly topicId: number;
  readonly partition: number;
}

/** A partition held by a member. */
export interface HeldClaim extends Claim, GroupPartition {
  readonly parkedKeys: Set<string>;
  readonly session: Session;
  /** Newest position fetched; what is in hand ends here. */
  fetched: bigint;
  /** Another consumer of the group should have it: let go of it when idle. */
  surplus: boolean;
  /** Ends the claim. */
  end(): void;
}

/** One consumer of a group. */
export interface Member {
  readonly group: string;
  readonly partitions: readonly GroupPartition[];
  readonly held: Map<number, HeldClaim>;
  readonly wake: () => void;
  /** It stops: keeps what it has, takes nothing more. */
  retired: boolean;
}

/**
 * Which partitions this process works on: at most one holder for each partition of a group, by advisory locks. Members share evenly: each
 * holds at most its part (partitions by members, rounded up) and lets go of what is too much.
 */
export class Claims {
  readonly #url: string;
  readonly #schema: string;
  readonly #clock: Clock;
  readonly #members = new Set<Member>();
  readonly #stopping = new AbortController();
  #session: Session | undefined;
  #kick = new AbortController();
  #reviews: Promise<void> = Promise.resolve();
  #loop: Promise<void> | undefined;

  constructor(url: string, schema: string, clock: Clock) {
    this.#url = url;
    this.#schema = schema;
    this.#clock = clock;
  }

  /** Adds a consumer and claims for it what is free. */
  async join(member: Member): Promise<void> {
    if (this.#session) await this.#announce(this.#session, member, true);
    this.#members.add(member);
    await this.#review();
    this.#loop ??= this.#run();
  }

  async leave(member: Member): Promise<void> {
    this.#members.delete(member);
    const session = this.#session;
    await this.release(member, [...member.held.values()]);
    if (session && !session.lost.aborted) await this.#announce(session, member, false).catch(() => undefined);
  }

  /** Lets go of claims that have nothing in hand. */
  async release(member: Member, claims: readonly HeldClaim[]): Promise<void> {
    for (const claim of claims) {
      member.held.delete(claim.offsetId);
      claim.end();
    }
    const session = this.#session;
    const ids = claims.filter((claim) => claim.session === session).map((claim) => claim.offsetId);
    if (session && !session.lost.aborted && ids.length > 0) {
      // A connection that fails here is gone, and the locks with it.
      await session.run((client) => client.query(
        'select pg_advisory_unlock($1, id) from unnest($2::int4[]) as id', [this.#lock('claim'), ids])).catch(() => undefined);
    }
    this.#kick.abort();
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    this.#kick.abort();
    await this.#loop;
    await this.#reviews;
    await this.#session?.close();
  }

  #lock(purpose: 'claim' | 'member'): number {
    return lockClass(this.#schema, purpose);
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#kick = new AbortController();
      const complete = !this.#session?.lost.aborted && [...this.#members].every((member) => this.#missing(member).length === 0);
      await this.#clock.sleep(complete ? SHARE_REVIEW_MS : CLAIM_RETRY_MS, AbortSignal.any([this.#kick.signal, this.#stopping.signal]));
      // A server that is away is asked again after the pause; meanwhile nothing is held.
      if (!this.#stopping.signal.aborted && this.#members.size > 0) await this.#review().catch(() => undefined);
    }
  }

  /** One review at a time. */
  #review(): Promise<void> {
    const review = this.#reviews.then(() => this.#reviewAll());
    this.#reviews = review.catch(() => undefined);
    return review;
  }

  async #reviewAll(): Promise<void> {
    const session = await this.#ensureSession();
    const sessions = await this.#sessionsByGroup(session);
    for (const member of this.#members) {
      const local = [...this.#members].filter((other) => other.group === member.group).length;
      // Never more than there really are, so that the shares always add up to all partitions.
      const members = Math.max(1, (sessions.get(groupLock(member.group)) ?? 1) - 1 + local);
      const share = Math.ceil(member.partitions.length / members);
      [...member.held.values()].forEach((claim, index) => { claim.surplus = index >= share; });
      if (member.held.size > share) member.wake();
      else if (await this.#take(session, member, share - member.held.size)) member.wake();
    }
  }

  async #ensureSession(): Promise<Session> {
    if (this.#session && !this.#session.lost.aborted) return this.#session;
    const session = await Session.open(this.#url);
    this.#session = session;
    session.lost.addEventListener('abort', () => this.#lose(session), { once: true });
    for (const member of this.#members) await this.#announce(session, member, true);
    return session;
  }

  #lose(session: Session): void {
    for (const member of this.#members) {
      for (const claim of member.held.values()) {
        if (claim.session !== session) continue;
        member.held.delete(claim.offsetId);
        claim.end();
      }
      member.wake();
    }
    this.#kick.abort();
  }

  async #announce(session: Session, member: Member, here: boolean): Promise<void> {
    const call = here ? 'pg_advisory_lock_shared' : 'pg_advisory_unlock_shared';
    await session.run((client) => client.query(`select ${call}($1, $2)`, [this.#lock('member'), groupLock(member.group)]));
  }

  async #sessionsByGroup(session: Session): Promise<ReadonlyMap<number, number>> {
    const result = await session.run((client) => client.query<{ group_lock: string; sessions: number }>(
      `select objid::int8 as group_lock, count(*)::int4 as sessions from pg_locks
       where locktype = 'advisory' and classid = $1::int8::oid and objsubid = 2 and granted
         and database = (select oid from pg_database where datname = current_database())
       group by objid`, [this.#lock('member')]));
    return new Map(result.rows.map((row) => [Number(row.group_lock), row.sessions]));
  }

  /** Partitions that no member of this process holds: an advisory lock does not keep two holders of one connection apart. */
  #missing(member: Member): readonly GroupPartition[] {
    const held = new Set([...this.#members].flatMap((other) => [...other.held.keys()]));
    return member.partitions.filter((partition) => !held.has(partition.offsetId));
  }

  /** Takes up to `most` free partitions. Returns whether it got any. */
  async #take(session: Session, member: Member, most: number): Promise<boolean> {
    const missing = new Map(this.#missing(member).map((partition) => [partition.offsetId, partition]));
    if (missing.size === 0 || most <= 0 || member.retired) return false;
    const locked = await session.run((client) => client.query<{ id: number }>(
      'select id from unnest($2::int4[]) as id where pg_try_advisory_lock($1, id) limit $3',
      [this.#lock('claim'), [...missing.keys()], most]));
    if (locked.rows.length === 0) return false;
    // Read only now, in a later snapshot: the former holder may have written right before it let go.
    const states = await session.run((client) => this.#states(client, locked.rows.map((row) => row.id)));
    if (session.lost.aborted || !this.#members.has(member)) return false;
    for (const state of states) {
      const partition = missing.get(state.id);
      if (partition) member.held.set(state.id, claimOf(partition, session, state));
    }
    return true;
  }

  async #states(client: pg.ClientBase, ids: readonly number[]): Promise<readonly OffsetState[]> {
    const result = await client.query<OffsetState>(
      `select id, position, array(select distinct key from ${this.#schema}.dead_letter d where d.offset_id = o.id) as parked
       from ${this.#schema}.group_offset o where id = any($1)`, [ids]);
    return result.rows;
  }
}

interface OffsetState { id: number; position: string; parked: string[] }

function claimOf(partition: GroupPartition, session: Session, state: OffsetState): HeldClaim {
  const ended = new AbortController();
  return {
    ...partition, session, parkedKeys: new Set(state.parked), fetched: BigInt(state.position), surplus: false,
    lost: ended.signal, end: () => ended.abort(),
  };
}
