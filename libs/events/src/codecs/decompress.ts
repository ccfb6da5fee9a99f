import { promisify } from 'node:util';
import { constants, zstdDecompress } from 'node:zlib';
import { CorruptData } from './corrupt-data.ts';
import { decompressGzip } from './gzip.ts';
import { inflate, limitsFor } from './inflate.ts';
import { decompressLz4 } from './lz4.ts';
import { decompressSnappy } from './snappy.ts';

/** The codecs of Kafka, at the numbers that a batch names them by. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/**
 * The window, in bits, that level 22 wants, the highest of Kafka's Java client and of librdkafka; every other consumer
 * takes as much. It may be larger than what we let a batch become: a client that does not know how much follows asks for the
 * whole. The engine reserves these 128 MiB, and the system gives it the pages that are written, so the memory of a batch is
 * bounded by its decompressed bytes.
 */
const LARGEST_ZSTD_WINDOW = 27;

/**
 * Decompresses the records of a batch. Snappy and LZ4 are our own: see
 * docs/adr/0020-record-batches-are-read-by-ourselves.md. Kafka's broker reads each batch by its Java streams
 * before it takes it: we ignore the same bytes behind the data as these streams do.
 * @param most bytes of the result: a megabyte of zeros takes a thousand bytes
 * @throws CorruptData, also when it would be more
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
