import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fetchKafkaJars } from './kafka-jars.ts';
import { workspaceRoot } from './workspace.ts';

export const KAFKA_CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type KafkaCodec = (typeof KAFKA_CODECS)[number];

export interface JavaRecord {
  topic: string;
  partition: number;
  key?: string | Buffer | null;
  value: string | Buffer | { zeros: number } | null;
  /** A name may occur more than once. */
  headers?: readonly (readonly [name: string, value: string])[];
}

/** Records that are sent together, as one batch for each partition. */
export interface JavaBatch {
  codec: KafkaCodec;
  /** The compression level; the codec's default when absent. */
  level?: number;
  /** Sends the records in a transaction that ends with this. */
  transaction?: 'commit' | 'abort';
  records: readonly JavaRecord[];
}

/**
 * Sends batches one after the other with Kafka's Java client, because other producers write batches that ours
 * never writes. The JVM takes some seconds to start, so send many batches in one call.
 */
export const sendWithJava = (broker: string, batches: readonly JavaBatch[]): Promise<void> =>
  runJava(broker, batches.flatMap(linesOf));

/** Deletes a topic, as an operator would. */
export const deleteTopic = (broker: string, topic: string): Promise<void> =>
  runJava(broker, [`delete ${topic}`]);

/** Increases the number of partitions of a topic to `count`. */
export const addPartitions = (broker: string, topic: string, count: number): Promise<void> =>
  runJava(broker, [`partitions ${topic} ${count}`]);

async function runJava(broker: string, lines: readonly string[]): Promise<void> {
  const program = join(workspaceRoot(), 'infra/local/kafka/Client.java');
  const jars = join(await fetchKafkaJars(), '*');
  const child = spawn('java', ['-Xmx1g', '-cp', jars, program, broker], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.end(lines.join('\n'));
  const code = await ended;
  if (code !== 0) throw new Error(`Kafka's Java client exited with code ${code}:\n${stderr.slice(-2_000)}`);
}

const linesOf = ({ codec, level, transaction, records }: JavaBatch): string[] => [
  `${transaction ? 'begin' : 'batch'} ${codec}${level === undefined ? '' : `:${level}`}`,
  ...records.map(({ topic, partition, key = null, value, headers = [] }) =>
    [
      'record',
      topic,
      partition,
      word(key),
      word(value),
      ...headers.map(([name, text]) => `${name}=${word(text)}`),
    ].join(' '),
  ),
  ...(transaction ? [transaction] : []),
];

function word(data: JavaRecord['value']): string {
  if (data === null) return '-';
  if (typeof data === 'object' && 'zeros' in data) return `:${data.zeros}`;
  return data.length === 0 ? '.' : Buffer.from(data).toString('base64');
}
