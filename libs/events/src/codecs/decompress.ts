import { promisify } from 'node:util';
import { constants, zstdDecompress } from 'node:zlib';
import { CorruptData } from './corrupt-data.ts';
import { decompressGzip } from './gzip.ts';
import { inflate, limitsFor } from './inflate.ts';
import { decompressLz4 } from './lz4.ts';
import { decompressSnappy } from './snappy.ts';

/** Kafka's codecs. The index of a codec is its number in a batch. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/**
 * The window, in bits, of level 22, the highest level of Kafka's Java client and of librdkafka. Every other
 * consumer accepts as much. It may exceed the size limit of a batch: a client that does not know the size of
 * its data requests the whole window. The engine reserves these 128 MiB, but the system provides only the
 * pages that are written. The memory for a batch is therefore bounded by its decompressed size.
 */
const LARGEST_ZSTD_WINDOW = 27;

/**
 * Decompresses the records of a batch. Snappy and LZ4 are our own implementations: see
 * docs/adr/0020-own-decoder-of-record-batches.md. Kafka's broker reads each batch with its Java
 * streams before it accepts it. We ignore the same trailing bytes as these streams do.
 * @param most maximum bytes of the result: a megabyte of zeros compresses to a thousand bytes
 * @throws CorruptData, also when the result would be larger
 */
export async function decompress(codec: number, input: Buffer, most: number): Promise<Buffer> {
  switch (CODECS[codec]) {
    case 'none':
      return input;
    case 'gzip':
      return decompressGzip(input, most);
    case 'snappy':
      return decompressSnappy(input, most);
    case 'lz4':
      return decompressLz4(input, most);
    case 'zstd':
      return inflate(
        promisify(zstdDecompress)(input, {
          ...limitsFor(input, most),
          params: { [constants.ZSTD_d_windowLogMax]: LARGEST_ZSTD_WINDOW },
        }),
        'zstd',
        most,
      );
    default:
      throw new CorruptData(`the codec ${codec} is unknown`);
  }
}
