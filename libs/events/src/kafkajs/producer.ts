import { Partitioners, type Kafka, type Message, type Producer } from 'kafkajs';
import { RecordsRefused, type EventProducer, type EventRecord } from '../kafka-client.ts';

export interface ManagedProducer extends EventProducer {
  connect(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Creates an idempotent producer that waits for all replicas and sends one batch at a time.
 *
 * Only one at a time, because kafkajs reuses the sequence numbers of a failed batch. A second batch in the
 * queue would get them, and the broker would drop it as a repetition of the first one and acknowledge it. For
 * the same reason, the producer is discarded after a failure: a new one has a new id and a new sequence. This
 * also helps with a broker that has lost its state for the old id.
 */
export function createProducer(kafka: Kafka): ManagedProducer {
  let current: Promise<Producer> | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  const connected = (): Promise<Producer> => {
    current ??= open(kafka).catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  };
  const disconnect = async (): Promise<void> => {
    const producer = await current?.catch(() => undefined);
    current = undefined;
    await producer?.disconnect().catch(() => undefined);
  };
  const sendOnce = async (records: readonly EventRecord[]): Promise<void> => {
    const producer = await connected();
    try {
      await producer.sendBatch({ acks: ALL_REPLICAS, topicMessages: byTopic(records) });
    } catch (error) {
      await disconnect();
      throw isRefusal(error) ? new RecordsRefused((error as Error).message, { cause: error }) : error;
    }
  };

  return {
    connect: async () => void (await connected()),
    send: (records) => inTurn(() => sendOnce(records)),
    close: () => inTurn(disconnect),
  };
}

const ALL_REPLICAS = -1;

/** A corrupt message is not among these: it may have been damaged in transit, and is sent again. */
const REFUSALS = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'];

/**
 * Returns whether the broker refused the records. kafkajs may wrap this error in the error of its last retry.
 */
function isRefusal(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isProtocolError(cause) && REFUSALS.includes(cause.type)) return true;
  }
  return false;
}

async function open(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner,
    retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2_000 },
  });
  try {
    await producer.connect();
  } catch (error) {
    await producer.disconnect().catch(() => undefined);
    throw error;
  }
  return producer;
}

/**
 * Uses Kafka's default partitioner for keys. A record without a key goes to the partition of its value's hash
 * rather than to any partition. A retry by kafkajs must hit the same partition: in another one, the
 * repetition would pass for a new record. Only the start of the value is hashed, because kafkajs takes a
 * minute to hash a megabyte.
 */
const createPartitioner = () => {
  const byKey = Partitioners.DefaultPartitioner();
  return (args: Parameters<typeof byKey>[0]) =>
    byKey({
      ...args,
      message: { ...args.message, key: args.message.key ?? beginningOf(args.message.value) },
    });
};

const beginningOf = (value: Buffer | string | null): Buffer | string =>
  typeof value === 'string' ? value.slice(0, 256) : (value?.subarray(0, 256) ?? '');

function byTopic(records: readonly EventRecord[]): { topic: string; messages: Message[] }[] {
  const topics = new Map<string, Message[]>();
  for (const { topic, key, value, headers } of records) {
    const messages = topics.get(topic) ?? [];
    messages.push({ key, value, headers });
    topics.set(topic, messages);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}

/** Compares the name, because Node finds no export of the class: kafkajs assigns its errors at run time. */
const isProtocolError = (error: unknown): error is Error & { type: string } =>
  error instanceof Error && error.name === 'KafkaJSProtocolError';
