import { promisify } from 'node:util';
import { constants, gunzip, zstdDecompress } from 'node:zlib';
import { CorruptData } from './corrupt-data.ts';
import { decompressLz4 } from './lz4.ts';
import { decompressSnappy } from './snappy.ts';

/** The codecs of Kafka, at the numbers that a batch names them by. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** Zstandard wants its window of this many bits before it says how much follows: 64 MiB. */
const LARGEST_ZSTD_WINDOW = 26;

/**
 * Decompresses the records of a batch. Snappy and LZ4 are our own: see docs/adr/0020-record-batches-are-read-by-ourselves.md.
 * @param most bytes of the result: a megabyte of zeros takes a thousand bytes
 * @throws CorruptData, also when it would be more
 */
export async function decompress(codec: number, input: Buffer, most: number): Promise<Buffer> {
  const limits = {
    maxOutputLength: most,
    chunkSize: Math.min(Math.max(4 * input.length, 16_384), 1_048_576),
  };
  switch (CODECS[codec]) {
    case 'none':
      return input;
    case 'gzip':
      return inflate(promisify(gunzip)(input, limits), 'gzip', most);
    case 'snappy':
      return decompressSnappy(input, most);
    case 'lz4':
      return decompressLz4(input, most);
    case 'zstd':
      return inflate(
        promisify(zstdDecompress)(input, {
          ...limits,
          params: { [constants.ZSTD_d_windowLogMax]: LARGEST_ZSTD_WINDOW },
        }),
        'zstd',
        most,
      );
    default:
      throw new CorruptData(`the codec ${codec} is unknown`);
  }
}

async function inflate(result: Promise<Buffer>, codec: string, most: number): Promise<Buffer> {
  try {
    return await result;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new CorruptData(`it is larger than ${most} bytes`);
    throw new CorruptData(`${codec}: ${message}`);
  }
}
