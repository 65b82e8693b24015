import type { Clock } from '@trebol/contracts';
import pg from 'pg';
import type { BusTopic } from '../bus-topic.ts';
import type { DeadLetters } from '../dead-letters.ts';
import { checkSubscription } from '../limits.ts';
import type { MessageBus, OutgoingMessage, Running, Subscription } from '../port.ts';
import { ConsumerRunner } from '../runner/consumer-runner.ts';
import type { Trouble } from '../runner/retry.ts';
import { Claims } from './claims.ts';
import { StepWriter } from './commit.ts';
import { Heads } from './heads.ts';
import { Maintenance, Pruner, type PruneResult } from './prune.ts';
import { Publisher } from './publish.ts';
import { PostgresDeadLetters } from './postgres-dead-letters.ts';
import { PostgresSource, type SourceShared } from './postgres-source.ts';
import { installSchema } from './schema.ts';
import { Topics } from './topics.ts';

/** Connections of one process, beside the one that holds its claims: publishing and fetching share them. */
const POOL_MAX = 6;

export interface PostgresBusOptions {
  readonly url: string;
  /** Lower-case name, by default `bus`. */
  readonly schema?: string | undefined;
  readonly clock: Clock;
  readonly poolMax?: number | undefined;
  readonly topics: readonly BusTopic[];
  /** Numbers from 0 to below 1 for the jitter of pauses; none without it. */
  readonly random?: (() => number) | undefined;
  /** Partitions that one subscription handles at the same time, by default 4. */
  readonly concurrentPartitions?: number | undefined;
  /** Told of every failed attempt from the fifth on. */
  readonly onTrouble?: ((trouble: Trouble) => void) | undefined;
}

/**
 * The bus on PostgreSQL: a log with partitions, groups with offsets. At least once, ordered by key, gap-free. Publishing the same ids twice
 * writes twice: consumers recognise sameness.
 */
export class PostgresBus implements MessageBus {
  readonly deadLetters: DeadLetters;
  /** Prunes every hour between `start()` and `stop()`. One process of an installation is enough; several do no harm. */
  readonly maintenance: Maintenance;
  readonly #options: PostgresBusOptions;
  readonly #pool: pg.Pool;
  readonly #schema: string;
  readonly #topics: Topics;
  readonly #publisher: Publisher;
  readonly #pruner: Pruner;
  readonly #shared: SourceShared;
  readonly #running = new Set<ConsumerRunner>();
  #closed: Promise<void> | undefined;

  private constructor(options: PostgresBusOptions, pool: pg.Pool, installed: { schema: string; topics: Topics }) {
    const { schema, topics } = installed;
    const { clock } = options;
    const heads = new Heads(pool, schema, clock);
    this.#options = options;
    this.#pool = pool;
    this.#schema = schema;
    this.#topics = topics;
    this.#publisher = new Publisher({ pool, schema, topics, clock });
    this.#pruner = new Pruner(pool, schema, topics);
    this.#shared = { heads, claims: new Claims(options.url, schema, clock), writer: new StepWriter(schema, clock) };
    this.deadLetters = new PostgresDeadLetters(pool, schema, heads);
    this.maintenance = new Maintenance((now) => this.prune(now), clock);
  }

  /**
   * Installs or updates the schema and the topics, then connects. Throws when a topic's number of partitions differs from
   * the installed one.
   */
  static async open(options: PostgresBusOptions): Promise<PostgresBus> {
    const schema = options.schema ?? 'bus';
    if (!/^[a-z_][a-z0-9_]{0,40}$/.test(schema)) throw new RangeError(`not a schema name: ${schema}`);
    const pool = new pg.Pool({ connectionString: options.url, max: options.poolMax ?? POOL_MAX, application_name: 'trebol-bus' });
    // A connection that dies while idle is replaced by the pool; whoever uses one hears of it by its query.
    pool.on('error', () => undefined);
    try {
      const client = await pool.connect();
      try {
        await installSchema(client, schema);
        return new PostgresBus(options, pool, { schema, topics: await Topics.install(client, schema, options.topics) });
      } finally {
        client.release();
      }
    } catch (error) {
      await pool.end();
      throw error;
    }
  }

  async publish(messages: readonly OutgoingMessage[]): Promise<void> {
    await this.#publisher.publish(messages, (moves) => this.#shared.heads.raise(moves));
  }

  async consume(subscription: Subscription): Promise<Running> {
    if (this.#closed) throw new Error('the bus is closed');
    checkSubscription(subscription);
    const topics = [...new Set(subscription.topics)].map((name) => this.#topics.get(name));
    const source = new PostgresSource({ pool: this.#pool, schema: this.#schema, topics: this.#topics }, this.#shared, { subscription, topics });
    const { clock, random, concurrentPartitions, onTrouble } = this.#options;
    const runner = await ConsumerRunner.start({ subscription, source, clock, random, concurrentPartitions, onTrouble });
    this.#running.add(runner);
    return {
      stop: async () => {
        await runner.stop();
        this.#running.delete(runner);
      },
      lag: () => runner.lag(),
    };
  }

  /** Partitions of this process that keep failing now; empty when all is well. For health checks. */
  troubles(): readonly Trouble[] {
    return [...this.#running].flatMap((runner) => runner.troubles);
  }

  /** Deletes what retention lets go as of `now` (milliseconds), in small transactions. */
  async prune(now: number): Promise<PruneResult> {
    return await this.#pruner.prune(now);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.maintenance.stop();
    await Promise.all([...this.#running].map((runner) => runner.stop()));
    await this.#shared.heads.stop();
    await this.#shared.claims.close();
    await this.#pool.end();
  }
}
