/** What the bus has to know of a topic; the catalogue of `@trebol/contracts` fits. */
export interface BusTopic {
  readonly name: string;
  readonly partitions: number;
  /** How long a message is kept; `compacted` keeps the newest of each key. */
  readonly retention: { readonly days: number } | 'compacted';
  /** CloudEvents `dataschema` of its messages: a URI. */
  readonly dataSchema?: string | undefined;
}

/** More would make the head rows of one topic a table scan; Kafka clusters of this product's size use 12 to 48. */
const PARTITIONS_MAX = 256;

/** Throws a RangeError on a number of partitions that no adapter takes. */
export function checkTopics(declared: readonly BusTopic[]): void {
  for (const topic of declared) {
    if (!Number.isInteger(topic.partitions) || topic.partitions < 1 || topic.partitions > PARTITIONS_MAX) {
      throw new RangeError(`topic ${topic.name}: partitions must be 1 to ${PARTITIONS_MAX}`);
    }
  }
}
