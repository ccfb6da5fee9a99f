import inside from 'kafkajs/src/protocol/requests/index.js';
import compression from 'kafkajs/src/protocol/message/compression/index.js';
import { CODECS, decompress } from '../../codecs/decompress.ts';
import { readFetchAnswer } from './read-fetch-response.ts';
import { LARGEST_BATCH_BYTES } from './record-batch.ts';

/** Before version 4 there are no record batches. Such brokers are older than any that is supported. */
const FIRST_VERSION = 4;

let replaced = false;

/**
 * Makes kafkajs read fetch responses with read-fetch-response.ts. Its own decoder discards all partitions
 * when it cannot read one batch, supports only gzip, and does not limit the decompressed size.
 */
export function replaceFetchDecoder(): void {
  if (replaced) return;
  replaced = true;
  const { Fetch } = inside.requests;
  const { protocol } = Fetch;
  Fetch.protocol = ({ version }) => {
    const make = protocol({ version });
    if (version < FIRST_VERSION) return make;
    return (asked) => {
      const { response, ...call } = make(asked);
      const offsets = new Map(
        asked.topics.flatMap(({ topic, partitions }) =>
          partitions.map(
            ({ partition, fetchOffset }) => [`${topic}/${partition}`, BigInt(fetchOffset)] as const,
          ),
        ),
      );
      const from = (topic: string, partition: number) => offsets.get(`${topic}/${partition}`) ?? 0n;
      return { ...call, response: { ...response, decode: (bytes) => readFetchAnswer(version, bytes, from) } };
    };
  };
  // For the message sets from before 0.11, which kafkajs still decodes.
  for (const codec of CODECS.keys()) {
    if (codec > 0)
      compression.Codecs[codec] = () => ({
        decompress: (data) => decompress(codec, data, LARGEST_BATCH_BYTES),
      });
  }
}
