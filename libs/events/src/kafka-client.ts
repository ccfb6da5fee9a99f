/** The service's minimal interface to Kafka; test/kafka-client-suite.ts tests an implementation. */
export interface KafkaClient {
  /** Returns the client's only producer, connected. @throws while no broker answers */
  producer(): Promise<EventProducer>;
  /** Joins a consumer group. @throws while no broker answers or a topic is missing */
  consume(options: ConsumeOptions): Promise<EventConsumer>;
  /**
   * Yields the records of a topic up to the end offsets at the time of the call. The records of a partition
   * are in order; partitions are interleaved. It belongs to no group that others use and commits nothing: for
   * inspection, not for processing.
   * @throws while no broker answers, when the topic is missing, at records that cannot be read, or the
   *   signal's reason
   */
  read(topic: string, options?: ReadOptions): AsyncIterable<ConsumedRecord>;
  /** Creates the missing topics and leaves the others unchanged. @returns the names created */
  ensureTopics(topics: readonly TopicSpec[]): Promise<string[]>;
  topics(): Promise<string[]>;
  /** Returns the number of brokers that are up. */
  brokers(): Promise<number>;
  /** Returns the current partitions and the named settings of topics. @throws when a topic is missing */
  describeTopics(names: readonly string[], settings: readonly string[]): Promise<TopicSpec[]>;
  /** Returns the offset that the next record gets, by partition. */
  endOffsets(topic: string): Promise<bigint[]>;
  /**
   * Returns the offset of the first record at or after a time, by partition; the end of the partition if
   * there is none.
   */
  offsetsAt(topic: string, time: Date): Promise<bigint[]>;
  /** Sets the offsets of a group by partition. @throws while the group has members */
  setGroupOffsets(groupId: string, topic: string, offsets: readonly bigint[]): Promise<void>;
  /** Returns the position of a group, by partition. */
  groupOffsets(groupId: string, topic: string): Promise<GroupOffset[]>;
  /** Returns the number of records of the topic that the group has not committed yet. */
  lag(groupId: string, topic: string): Promise<bigint>;
  /**
   * Returns the ACLs of the broker; undefined when it has no authorizer, so that every client may do
   * everything.
   */
  acls(): Promise<Acl[] | undefined>;
  /** Adds ACLs to the broker. @throws when it has no authorizer, or the user may not change ACLs */
  createAcls(acls: readonly Acl[]): Promise<void>;
  /** Closes every consumer and the producer. */
  close(): Promise<void>;
}

export interface GroupOffset {
  /** The offset of the oldest record kept. */
  first: bigint;
  /** The offset that the next record gets. */
  end: bigint;
  /** Undefined: nothing is committed yet, and the group starts at the oldest record. */
  committed: bigint | undefined;
  /** The number of uncommitted records that are still kept. */
  lag: bigint;
}

export interface EventRecord {
  topic: string;
  /** Records of one key go to one partition, in the order of sending. */
  key: string | Buffer | null;
  headers: Record<string, string>;
  value: string | Buffer | null;
}

/** Kafka permanently refuses some of the records: too large, or invalid. */
export class RecordsRefused extends Error {
  override name = 'RecordsRefused';
}

export interface EventProducer {
  /**
   * Resolves once every in-sync replica has acknowledged all of the records. After a rejection, any of them
   * may be in Kafka. Sending the same records again causes at worst duplicates, and keeps the order.
   * @throws RecordsRefused when sending the same records again would fail again
   */
  send(records: readonly EventRecord[]): Promise<void>;
}

export interface ReadOptions {
  /** The first offset, by partition; by default the oldest record kept. */
  from?: ReadonlyMap<number, bigint>;
  /** The offset after the last one, by partition; by default, and at most, the end of the partition. */
  to?: ReadonlyMap<number, bigint>;
  /** Called for records that cannot be read; the rest of their partition is left out. */
  onUnreadable?: (found: UnreadableRecords) => void;
  signal?: AbortSignal;
}

export interface ConsumedRecord {
  topic: string;
  partition: number;
  offset: bigint;
  /** When the producer created it or the broker received it, as the topic is configured. */
  timestamp: Date;
  key: Buffer | null;
  /** Decoded by headerText. A repeated name has its last value. */
  headers: Record<string, string>;
  value: Buffer | null;
}

export interface ConsumeOptions {
  groupId: string;
  topics: readonly string[];
  /**
   * Called with records of one partition, at most some hundreds, in order. Calls for one partition are
   * sequential; partitions are handled in parallel. The offset after the last record is committed only once
   * the call has resolved. When it rejects, the partition pauses for a moment and its records come again from
   * the first of these, perhaps in other batches: nothing is skipped. The call may take as long as it needs.
   * Once `signal` aborts, the consumer is closing or has lost the partition, and the call should reject soon.
   */
  onBatch(records: readonly ConsumedRecord[], signal: AbortSignal): Promise<void>;
  /**
   * Called with records that cannot be read, in their order. Their offsets are committed only once the call
   * has resolved. While it rejects, or without this handler, their partition pauses and they come again. No
   * other partition waits for them.
   */
  onUnreadable?(found: UnreadableRecords, signal: AbortSignal): Promise<void>;
}

/** Records in a partition that cannot be read: damaged, of an unknown codec, or larger than the limit. */
export interface UnreadableRecords {
  topic: string;
  partition: number;
  /** The first and the last of their offsets. */
  first: bigint;
  last: bigint;
  /** Contains none of their data. */
  why: string;
  /** The bytes as the broker sends them; undefined when it refuses to. */
  raw: Buffer | undefined;
}

/**
 * Consumes until it is closed. A consumer that crashes, hangs or loses its topic is rebuilt, for as long as
 * it takes.
 */
export interface EventConsumer {
  /**
   * Returns whether it is a member of its group, was recently in contact with the broker, and has no stuck
   * fetch.
   */
  joined(): boolean;
  /** Leaves the group after the records in progress. */
  close(): Promise<void>;
}

export interface TopicSpec {
  name: string;
  partitions: number;
  /** Replicas of each partition; default: the broker's. When described: the fewest of any partition. */
  replicas?: number;
  /** Topic settings such as retention.ms. */
  config: Record<string, string>;
}

/** The right of a principal to an operation, from any host. */
export interface Acl {
  /** `User:` and its login name. */
  principal: string;
  resource: 'topic' | 'group';
  name: string;
  pattern: 'literal' | 'prefixed';
  operation: 'all' | 'read' | 'write' | 'create' | 'describe' | 'describe_configs';
}
