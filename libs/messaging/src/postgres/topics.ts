import type pg from 'pg';
import { checkTopics, type BusTopic } from '../bus-topic.ts';

/** A topic as it is installed. */
export interface InstalledTopic extends BusTopic {
  readonly id: number;
}

export class Topics {
  readonly #byName: ReadonlyMap<string, InstalledTopic>;

  private constructor(installed: readonly InstalledTopic[]) {
    this.#byName = new Map(installed.map((topic) => [topic.name, topic]));
  }

  /**
   * Makes the declared topics exist. Retention follows the declaration, but the number of partitions never changes: it would send a key
   * to another partition while older messages of it are still on their way. Throws when it differs.
   */
  static async install(client: pg.ClientBase, schema: string, declared: readonly BusTopic[]): Promise<Topics> {
    checkTopics(declared);
    const names = declared.map((topic) => topic.name);
    const days = declared.map(({ retention }) => (retention === 'compacted' ? null : retention.days));
    // What is there already is left out first: "on conflict" alone would wait for the publisher that holds the row.
    await client.query(
      `insert into ${schema}.topic (name, partitions, retention_days)
       select * from unnest($1::text[], $2::int2[], $3::int4[]) as d(name, partitions, days)
       where not exists (select from ${schema}.topic t where t.name = d.name) on conflict do nothing`,
      [names, declared.map((topic) => topic.partitions), days]);
    await client.query(
      `update ${schema}.topic t set retention_days = d.days from unnest($1::text[], $2::int4[]) as d(name, days)
       where t.name = d.name and t.retention_days is distinct from d.days`, [names, days]);
    await client.query(
      `insert into ${schema}.head (topic_id, partition) select t.id, p from ${schema}.topic t, generate_series(0, t.partitions - 1) p
       where not exists (select from ${schema}.head h where h.topic_id = t.id and h.partition = p) on conflict do nothing`);
    const found = await client.query<{ id: number; name: string; partitions: number }>(
      `select id, name, partitions from ${schema}.topic where name = any($1)`, [names]);
    const installed = new Map(found.rows.map((row) => [row.name, row]));
    return new Topics(declared.map((topic) => {
      const row = installed.get(topic.name);
      if (row?.partitions !== topic.partitions) {
        throw new Error(
          `topic ${topic.name} has ${row?.partitions} partitions, not ${topic.partitions}: they cannot change once messages exist`);
      }
      return { ...topic, id: row.id };
    }));
  }

  /** Throws a RangeError on a topic that was not declared: the bus makes no topics from misspelt names. */
  get(name: string): InstalledTopic {
    const topic = this.#byName.get(name);
    if (!topic) throw new RangeError(`unknown topic ${name}`);
    return topic;
  }

  all(): readonly InstalledTopic[] {
    return [...this.#byName.values()];
  }
}
