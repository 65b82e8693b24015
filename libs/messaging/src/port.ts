/** A message on its way out. `value` is compact JSON that satisfies the topic's schema. */
export interface OutgoingMessage {
  readonly topic: string;
  /** Order is kept between messages of one key. */
  readonly key: string;
  /** CloudEvents id; the same message sent again carries the same id. */
  readonly id: string;
  /** CloudEvents type, by default the topic's name. */
  readonly type?: string | undefined;
  readonly tenant: string;
  /** When it happened, in milliseconds. */
  readonly time: number;
  readonly value: string;
  readonly traceparent?: string | undefined;
}

export interface IncomingMessage {
  readonly topic: string;
  readonly partition: number;
  /** Contiguous within the partition for the PostgreSQL bus; growing for Kafka. */
  readonly offset: bigint;
  readonly key: string;
  readonly id: string;
  readonly type: string;
  readonly tenant: string;
  readonly time: number;
  readonly value: string;
  readonly traceparent?: string | undefined;
  /** CloudEvents subject: the key, unless who published said otherwise or nothing. */
  readonly subject?: string | undefined;
  /** Name of the schema of the value, where its topic declares one. */
  readonly dataSchema?: string | undefined;
}

/** A message that will fail again however often it is tried. The others of the batch were applied. */
export interface MessageFailure {
  readonly message: IncomingMessage;
  /** Stable code, for instance `unreadable`. */
  readonly code: string;
  readonly detail: string;
}

/** Messages of one topic partition, in order. */
export interface MessageBatch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly IncomingMessage[];
}

/**
 * Applies a batch. It returns when the effect is durable; only then does the offset move. What fails deterministically is returned as a
 * value and goes to the dead letters, and later messages of its key wait behind it. A throw means "not now": the partition pauses and the whole batch is
 * handed over again after a back-off, so an effect must recognise what it has done already.
 */
export type BatchHandler = (batch: MessageBatch) => Promise<readonly MessageFailure[] | void>;

export interface Subscription {
  readonly topics: readonly string[];
  /** Static consumer group, `<service>.<purpose>.v1`. */
  readonly group: string;
  readonly batchMax: number;
  readonly handle: BatchHandler;
}

/** A consumer at work. */
export interface Running {
  /** Stops after the batch in hand; its offset is kept. */
  stop(): Promise<void>;
  /** Messages not yet handled, over all partitions of the subscription. */
  lag(): Promise<number>;
}

/** The bus as the product sees it. Delivery is at least once, ordered by key. */
export interface MessageBus {
  /** Returns when all messages are durable; on a throw any of them may be, so publish again with the same ids. */
  publish(messages: readonly OutgoingMessage[]): Promise<void>;
  consume(subscription: Subscription): Promise<Running>;
  close(): Promise<void>;
}
