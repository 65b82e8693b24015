import type { Subscription } from '../port.ts';
import type { Claim, FetchedBatch, LaneState, PartitionSource, Step } from '../runner/partition-source.ts';
import type { Claims, GroupPartition, HeldClaim, Member } from './claims.ts';
import type { StepWriter } from './commit.ts';
import { fetchNew, fetchReplays, type FetchContext, type Wanted } from './fetch.ts';
import type { Heads } from './heads.ts';
import type { InstalledTopic } from './topics.ts';

/** What the sources of one bus share. */
export interface SourceShared {
  readonly heads: Heads;
  readonly claims: Claims;
  readonly writer: StepWriter;
}

/** The PostgreSQL log as the runner sees it, for one subscription. */
export class PostgresSource implements PartitionSource {
  readonly #context: FetchContext;
  readonly #shared: SourceShared;
  readonly #subscription: Subscription;
  readonly #topics: readonly InstalledTopic[];
  #member: Member | undefined;
  #unlisten: (() => void) | undefined;

  constructor(
    context: Omit<FetchContext, 'batchMax'>, shared: SourceShared,
    of: { subscription: Subscription; topics: readonly InstalledTopic[] },
  ) {
    this.#context = { ...context, batchMax: of.subscription.batchMax };
    this.#shared = shared;
    this.#subscription = of.subscription;
    this.#topics = of.topics;
  }

  async start(wake: () => void): Promise<void> {
    const { group } = this.#subscription;
    this.#member = { group, partitions: await this.#partitions(), held: new Map(), wake, retired: false };
    this.#unlisten = await this.#shared.heads.listen(wake);
    await this.#shared.claims.join(this.#member);
  }

  async fetch(stateOf: (claim: Claim) => LaneState): Promise<readonly FetchedBatch[]> {
    const member = this.#member;
    if (!member) return [];
    const held = [...member.held.values()];
    const surplus = held.filter((claim) => claim.surplus && stateOf(claim) === 'idle');
    if (surplus.length > 0) await this.#shared.claims.release(member, surplus);
    const working = held.filter((claim) => !claim.surplus && stateOf(claim) !== 'full');
    const replays = await this.#replays(working.filter((claim) => stateOf(claim) === 'idle'));
    const replaying = new Set<Claim>(replays.map((batch) => batch.claim));
    const wanted = working.filter((claim) => !replaying.has(claim)).flatMap((claim) => this.#wanted(claim, stateOf(claim)));
    return wanted.length === 0 ? replays : [...replays, ...await fetchNew(this.#context, wanted)];
  }

  async commit(step: Step): Promise<void> {
    const claim = this.#member?.held.get(this.#offsetIdOf(step.batch.claim));
    if (!claim || claim !== step.batch.claim) throw new Error('the partition was taken away');
    await this.#shared.writer.commit(claim, step);
  }

  async lag(): Promise<number> {
    const { pool, schema } = this.#context;
    const result = await pool.query<{ lag: string }>(
      `select coalesce(sum(h.position - o.position), 0) as lag
       from ${schema}.group_offset o join ${schema}.head h using (topic_id, partition)
       where o.group_name = $1 and o.topic_id = any($2::int2[])`, [this.#subscription.group, this.#topics.map((topic) => topic.id)]);
    return Number(result.rows[0]?.lag ?? 0);
  }

  retire(): void {
    if (this.#member) this.#member.retired = true;
  }

  async stop(): Promise<void> {
    this.#unlisten?.();
    if (this.#member) await this.#shared.claims.leave(this.#member);
  }

  #offsetIdOf(claim: Claim): number {
    return 'offsetId' in claim && typeof claim.offsetId === 'number' ? claim.offsetId : -1;
  }

  /** Replays wait until nothing of the partition is in hand, so that the order of a key is never in question. */
  async #replays(idle: readonly HeldClaim[]): Promise<FetchedBatch[]> {
    const asked = idle.filter((claim) => this.#shared.heads.hasReplay(claim.offsetId));
    if (asked.length === 0) return [];
    const batches = await fetchReplays(this.#context, asked);
    const found = new Set<Claim>(batches.map((batch) => batch.claim));
    for (const claim of asked) if (!found.has(claim)) this.#shared.heads.replayDone(claim.offsetId);
    return batches;
  }

  /** Reads ahead only when a full batch is there already: fetching each little thing early would make all batches small. */
  #wanted(claim: HeldClaim, state: LaneState): Wanted[] {
    const head = this.#shared.heads.of(claim.topicId, claim.partition);
    const available = head - claim.fetched;
    if (available <= 0n) return [];
    if (state === 'handling' && (available < BigInt(this.#context.batchMax) || this.#shared.heads.hasReplay(claim.offsetId))) return [];
    return [{ claim, head }];
  }

  /** The group's rows, made on its first subscription; a new group begins with the oldest message kept. */
  async #partitions(): Promise<readonly GroupPartition[]> {
    const { pool, schema } = this.#context;
    const slots = this.#topics.flatMap((topic) => Array.from({ length: topic.partitions }, (_, partition) => ({ topic, partition })));
    const parameters = [this.#subscription.group, slots.map(({ topic }) => topic.id), slots.map(({ partition }) => partition)];
    await pool.query(
      `insert into ${schema}.group_offset (group_name, topic_id, partition)
       select $1, * from unnest($2::int2[], $3::int2[]) on conflict do nothing`, parameters);
    const rows = await pool.query<{ id: number; topic_id: number; partition: number }>(
      `select o.id, o.topic_id, o.partition from ${schema}.group_offset o join unnest($2::int2[], $3::int2[]) as s(topic_id, partition)
       using (topic_id, partition) where o.group_name = $1 order by o.partition, o.topic_id`, parameters);
    const names = new Map(this.#topics.map((topic) => [topic.id, topic.name]));
    return rows.rows.map((row) => (
      { offsetId: row.id, topic: names.get(row.topic_id) ?? '', topicId: row.topic_id, partition: row.partition }));
  }
}
