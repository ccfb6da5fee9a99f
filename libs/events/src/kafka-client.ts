/** What the service needs of Kafka, and no more: an implementation is proven by test/kafka-client.spec.ts. */
export interface KafkaClient {
  /** The client's one producer, connected. @throws while no broker answers */
  producer(): Promise<EventProducer>;
  /** Joins a consumer group. @throws while no broker answers or a topic is missing */
  consume(options: ConsumeOptions): Promise<EventConsumer>;
  /** Creates those that are missing and leaves the others as they are. @returns the names created */
  ensureTopics(topics: readonly TopicSpec[]): Promise<string[]>;
  topics(): Promise<string[]>;
  /** The offset that the next record of each partition gets, by partition. */
  endOffsets(topic: string): Promise<bigint[]>;
  /** Records of the topic that the group has not committed yet. */
  lag(groupId: string, topic: string): Promise<bigint>;
  /** Closes every consumer and the producer. */
  close(): Promise<void>;
}

export interface EventRecord {
  topic: string;
  /** Records of one key go to one partition, in the order of sending. */
  key: string | Buffer | null;
  headers: Record<string, string>;
  value: string | Buffer | null;
}

export interface EventProducer {
  /**
   * Resolves once every in-sync replica has acknowledged all of the records. After a rejection any part of
   * them may be in Kafka: sending the same records again makes duplicates at worst, and keeps the order.
   */
  send(records: readonly EventRecord[]): Promise<void>;
}

export interface ConsumedRecord {
  topic: string;
  partition: number;
  offset: bigint;
  key: Buffer | null;
  /** Values as UTF-8; the last one of a repeated name. */
  headers: Record<string, string>;
  value: Buffer | null;
}

export interface ConsumeOptions {
  groupId: string;
  topics: readonly string[];
  /**
   * Called for one record of a partition at a time, in order; partitions go side by side. Its offset is
   * committed only after it has resolved. When it rejects, the partition pauses for a moment and the same
   * record comes again: nothing is skipped. It may take as long as it needs; once `signal` aborts, the
   * consumer is closing or its partition has gone to another, and it should reject soon.
   */
  onRecord(record: ConsumedRecord, signal: AbortSignal): Promise<void>;
  /**
   * The consumer is down for good. Without it the error is thrown as an uncaught one, so that the process
   * ends: it must never look healthy while it consumes nothing.
   */
  onFatal?: (error: Error) => void;
}

export interface EventConsumer {
  /** Whether it is a member of its group and has been heard by the broker lately. */
  joined(): boolean;
  /** Leaves the group after the records in hand. */
  close(): Promise<void>;
}

export interface TopicSpec {
  name: string;
  partitions: number;
  /** Topic settings such as retention.ms. */
  config: Record<string, string>;
}
