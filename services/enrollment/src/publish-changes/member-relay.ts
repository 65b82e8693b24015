import { Rounds } from '@trebol/chassis';
import { type Clock, topics } from '@trebol/contracts';
import type { MessageBus, OutgoingMessage } from '@trebol/messaging';
import type { DataSource, EntityManager } from 'typeorm';

/** Messages published at once: about 0.5 MB, and a lock that is held for milliseconds. */
const BATCH_MAX = 500;
/** How long a change waits at most that nobody woke the relay for: one left by a process that died between commit and publication. */
const IDLE_MS = 1_000;
/** Pause after the bus refused, so that an outage is not met with a busy loop. */
const RETRY_MS = 500;
/** Published rows kept for looking into; older ones are removed as new ones come. */
const PUBLISHED_KEPT = 100_000;
const RELAY = 'member.changed';

interface Row {
  readonly tenant: string;
  readonly member_id: string;
  readonly version: number;
  readonly body: string;
  readonly created_at: Date;
  readonly traceparent: string | null;
}

// Positions are given here, to rows that are committed, under the relay's lock; see the README for why nothing can be missed.
const TAKE = `WITH waiting AS (
  SELECT tenant, member_id, version, id FROM enrollment.outbox WHERE position IS NULL ORDER BY id LIMIT $2
), numbered AS (
  SELECT tenant, member_id, version, $1::bigint + row_number() OVER (ORDER BY id) AS position FROM waiting
), taken AS (
  UPDATE enrollment.outbox o SET position = numbered.position FROM numbered
  WHERE o.tenant = numbered.tenant AND o.member_id = numbered.member_id AND o.version = numbered.version
  RETURNING o.tenant, o.member_id, o.version, o.position, o.body, o.created_at, o.traceparent
)
SELECT tenant, member_id, version, body, created_at, traceparent FROM taken ORDER BY position`;

/**
 * Publishes what the outbox holds to `trebol.member.changed.v1`: at least once, the changes of one member in order, one relay at a
 * time however many processes run one.
 */
export class MemberRelay {
  /** Woken whenever something was committed. */
  readonly background: Rounds;

  constructor(private readonly dataSource: DataSource, private readonly bus: MessageBus, private readonly clock: Clock) {
    this.background = new Rounds({ name: 'MemberRelay', clock, everyMs: IDLE_MS, retryMs: RETRY_MS, round: () => this.drain() });
  }

  /** Publishes all that is committed; answers how many messages that were. Throws what the bus throws, and the messages stay. */
  async drain(): Promise<number> {
    let total = 0;
    for (;;) {
      const published = await this.runOnce();
      total += published;
      if (published < BATCH_MAX) return total;
    }
  }

  /** Publishes one batch; answers its size. */
  async runOnce(): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      const position = await this.lock(manager);
      const rows: Row[] = await manager.query(TAKE, [position.toString(), BATCH_MAX]);
      if (rows.length === 0) return 0;
      await this.bus.publish(rows.map(message));
      const reached = position + BigInt(rows.length);
      await manager.query('UPDATE enrollment.relay SET position = $2, moved_at = $3 WHERE name = $1',
        [RELAY, reached.toString(), new Date(this.clock.now())]);
      await manager.query('DELETE FROM enrollment.outbox WHERE position <= $1', [(reached - BigInt(PUBLISHED_KEPT)).toString()]);
      return rows.length;
    });
  }

  private async lock(manager: EntityManager): Promise<bigint> {
    const [relay]: { position: string }[] = await manager.query(
      'SELECT position FROM enrollment.relay WHERE name = $1 FOR UPDATE', [RELAY]);
    if (!relay) throw new Error(`the row of the relay ${RELAY} is missing: were the migrations run?`);
    return BigInt(relay.position);
  }
}

const message = (row: Row): OutgoingMessage => ({
  topic: topics.memberChanged.name,
  key: row.member_id,
  // The same change always has the same id, so a reader knows a repetition.
  id: `${row.tenant}.${row.member_id}.${row.version}`,
  tenant: row.tenant,
  time: row.created_at.getTime(),
  value: row.body,
  ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
});
