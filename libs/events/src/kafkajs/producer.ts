import { Partitioners, type Kafka, type Message, type Producer } from 'kafkajs';
import { RecordsRefused, type EventProducer, type EventRecord } from '../kafka-client.ts';

export interface ManagedProducer extends EventProducer {
  connect(): Promise<void>;
  close(): Promise<void>;
}

/**
 * An idempotent producer, acknowledged by all replicas, that sends one batch at a time.
 *
 * One at a time, because kafkajs gives a failed batch's sequence numbers back: a second batch in the
 * queue would take them, and the broker would drop it as the first one's repetition and acknowledge it.
 * After a failure the producer is thrown away for the same reason: a new one has a new id and a new sequence,
 * which also helps against a broker that has lost its memory of the old id.
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

/** A corrupt message is none of these: it may have been damaged on its way, and is sent again. */
const REFUSALS = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'];

/** kafkajs may wrap the broker's answer in the error of its last retry. */
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
 * Kafka's default for keys. A record without a key goes where its value hashes to rather than anywhere:
 * kafkajs's retry must hit the same partition, or a repetition there would pass for a new record. Where its
 * beginning hashes to, for kafkajs takes a minute for the hash of a megabyte.
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

/** By its name: Node finds no export of the class, because kafkajs assigns its errors at run time. */
const isProtocolError = (error: unknown): error is Error & { type: string } =>
  error instanceof Error && error.name === 'KafkaJSProtocolError';
