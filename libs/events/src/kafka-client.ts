/** The minimal interface of the service to Kafka: test/kafka-client-suite.ts proves an implementation. */
export interface KafkaClient {
  /** The client's one producer, connected. @throws while no broker answers */
  producer(): Promise<EventProducer>;
  /** Joins a consumer group. @throws while no broker answers or a topic is missing */
  consume(options: ConsumeOptions): Promise<EventConsumer>;
  /**
   * The records of a topic up to the end offsets at the call's beginning; each partition's in order, the
   * partitions mixed. Belongs to no group that others see, and commits nothing: for looking, not for working.
   * @throws while no broker answers, when the topic is missing, at records that cannot be read, or the signal's reason
   */
  read(topic: string, options?: ReadOptions): AsyncIterable<ConsumedRecord>;
  /** Creates those that are missing and leaves the others as they are. @returns the names created */
  ensureTopics(topics: readonly TopicSpec[]): Promise<string[]>;
  topics(): Promise<string[]>;
  /** The number of brokers that are up. */
  brokers(): Promise<number>;
  /** Partitions and the named settings of topics as they are. @throws when one is missing */
  describeTopics(names: readonly string[], settings: readonly string[]): Promise<TopicSpec[]>;
  /** The offset that the next record of each partition gets, by partition. */
  endOffsets(topic: string): Promise<bigint[]>;
  /** The offset of the first record of each partition at or after a time, else the end of the partition. */
  offsetsAt(topic: string, time: Date): Promise<bigint[]>;
  /** Sets the offsets of a group by partition. @throws while the group has members */
  setGroupOffsets(groupId: string, topic: string, offsets: readonly bigint[]): Promise<void>;
  /** Where a group stands in each partition of a topic, by partition. */
  groupOffsets(groupId: string, topic: string): Promise<GroupOffset[]>;
  /** Records of the topic that the group has not committed yet. */
  lag(groupId: string, topic: string): Promise<bigint>;
  /** The ACLs of the broker; undefined: it has no authorizer, so everyone may do everything. */
  acls(): Promise<Acl[] | undefined>;
  /** Adds ACLs to the broker. @throws when it has no authorizer, or the user may not change ACLs */
  createAcls(acls: readonly Acl[]): Promise<void>;
  /** Closes every consumer and the producer. */
  close(): Promise<void>;
}

export interface GroupOffset {
  /** The oldest record kept. */
  first: bigint;
  /** The offset that the next record gets. */
  end: bigint;
  /** Undefined: nothing yet, the group begins at the oldest record. */
  committed: bigint | undefined;
  /** Records not committed that are still kept. */
  lag: bigint;
}

export interface EventRecord {
  topic: string;
  /** Records of one key go to one partition, in the order of sending. */
  key: string | Buffer | null;
  headers: Record<string, string>;
  value: string | Buffer | null;
}

/** Kafka refuses some of the records for good: too large, or invalid. */
export class RecordsRefused extends Error {
  override name = 'RecordsRefused';
}

export interface EventProducer {
  /**
   * Resolves once every in-sync replica has acknowledged all of the records. After a rejection any part of
   * them may be in Kafka: sending the same records again makes duplicates at worst, and keeps the order.
   * @throws RecordsRefused when sending the same records again would fail again
   */
  send(records: readonly EventRecord[]): Promise<void>;
}

export interface ReadOptions {
  /** First offset by partition; the oldest record kept for one that is not named. */
  from?: ReadonlyMap<number, bigint>;
  /** The offset behind the last one, by partition, where it is before the end. */
  to?: ReadonlyMap<number, bigint>;
  /** Told of records that cannot be read; the rest of their partition is left out. */
  onUnreadable?: (found: UnreadableRecords) => void;
  signal?: AbortSignal;
}

export interface ConsumedRecord {
  topic: string;
  partition: number;
  offset: bigint;
  /** When the producer made it, or the broker got it, as the topic is configured. */
  timestamp: Date;
  key: Buffer | null;
  /** By headerText; the last one of a repeated name. */
  headers: Record<string, string>;
  value: Buffer | null;
}

export interface ConsumeOptions {
  groupId: string;
  topics: readonly string[];
  /**
   * Called with records of one partition, some hundreds at most, in order; one call of a partition at a time,
   * partitions side by side. The offset is committed behind the last of them only after it has resolved. When
   * it rejects, the partition rests for a moment and its records come again from the first of these, perhaps
   * cut into other batches: nothing is skipped. It may take as long as it needs; once `signal` aborts, the
   * consumer is closing or has lost the partition, and it should reject soon.
   */
  onBatch(records: readonly ConsumedRecord[], signal: AbortSignal): Promise<void>;
  /**
   * Called with records that cannot be read, in their turn. Their offsets are committed only after it has resolved;
   * while it rejects, or without it, their partition rests and they come again. No other partition waits for them.
   */
  onUnreadable?(found: UnreadableRecords, signal: AbortSignal): Promise<void>;
}

/** Records that lie in a partition and cannot be read: damaged, of an unknown codec, or larger than we take. */
export interface UnreadableRecords {
  topic: string;
  partition: number;
  /** The first and the last of their offsets. */
  first: bigint;
  last: bigint;
  /** Holds nothing of their data. */
  why: string;
  /** As the broker sends them; undefined where it refuses to. */
  raw: Buffer | undefined;
}

/**
 * Consumes until it is closed: a consumer that crashes, hangs or loses its topic is rebuilt for as long as it
 * takes.
 */
export interface EventConsumer {
  /** Whether it is a member of its group, has been heard by the broker lately, and no fetch is stuck. */
  joined(): boolean;
  /** Leaves the group after the records in hand. */
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
