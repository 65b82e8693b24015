import { Logger } from '@nestjs/common';
import { type Clock, topics } from '@trebol/contracts';
import type { MessageBus, OutgoingMessage } from '@trebol/messaging';
import type { DataSource, EntityManager } from 'typeorm';

/** Messages published at once: about 0.5 MB, and a lock that is held for milliseconds. */
const BATCH_MAX = 500;
/** How long a change waits at most that nobody woke the relay for: one left by a process that died between commit and publication. */
const IDLE_MILLISECONDS = 1_000;
/** Pause after the bus refused, so that an outage is not met with a busy loop. */
const RETRY_MILLISECONDS = 500;
/** Published rows kept for looking into; older ones are removed as new ones come. */
const PUBLISHED_KEPT = 100_000;
const RELAY = 'member.changed';

interface Row {
  readonly tenant: string;
  readonly member_id: string;
  readonly version: number;
  readonly body: string;
  readonly created_at: Date;
}

// Positions are given here, to rows that are committed, under the relay's lock; see the README for why nothing can be missed.
const TAKE = `WITH waiting AS (
  SELECT tenant, member_id, version, id FROM enrollment.outbox WHERE position IS NULL ORDER BY id LIMIT $2
), numbered AS (
  SELECT tenant, member_id, version, $1::bigint + row_number() OVER (ORDER BY id) AS position FROM waiting
), taken AS (
  UPDATE enrollment.outbox o SET position = numbered.position FROM numbered
  WHERE o.tenant = numbered.tenant AND o.member_id = numbered.member_id AND o.version = numbered.version
  RETURNING o.tenant, o.member_id, o.version, o.position, o.body, o.created_at
)
SELECT tenant, member_id, version, body, created_at FROM taken ORDER BY position`;

/**
 * Publishes what the outbox holds to `trebol.member.changed.v1`: at least once, the changes of one member in order, one relay at a
 * time however many processes run one.
 */
export class MemberRelay {
  private readonly stopping = new AbortController();
  private readonly log = new Logger('MemberRelay');
  private running: Promise<void> | undefined;
  private wakened = false;
  private wakeUp: () => void = () => undefined;

  constructor(private readonly dataSource: DataSource, private readonly bus: MessageBus, private readonly clock: Clock) {}

  /** Says that something was committed; costs nothing when the relay is at work already. */
  wake(): void {
    this.wakened = true;
    this.wakeUp();
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Returns when the batch in hand is published or given back. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wakeUp();
    await this.running;
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

  private async run(): Promise<void> {
    let failing = false;
    while (!this.stopping.signal.aborted) {
      this.wakened = false;
      try {
        await this.drain();
        failing = false;
        await this.idle();
      } catch (error) {
        // Once per outage, not once per attempt; the messages wait in the outbox.
        if (!failing) this.log.warn(`publishing member changes fails and is tried again: ${String(error)}`);
        failing = true;
        await this.clock.sleep(RETRY_MILLISECONDS, this.stopping.signal);
      }
    }
  }

  /** Rests until woken, stopped, or the idle time is over. */
  private async idle(): Promise<void> {
    if (this.wakened || this.stopping.signal.aborted) return;
    const pause = new AbortController();
    this.wakeUp = () => pause.abort();
    await this.clock.sleep(IDLE_MILLISECONDS, pause.signal);
    this.wakeUp = () => undefined;
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
});
