import { CorruptData } from './corrupt-data.ts';

/**
 * Converts the errors of Node's engines to CorruptData.
 * @param most the limit that the engine was given, in bytes
 * @throws CorruptData
 */
export async function inflate<Result>(result: Promise<Result>, codec: string, most: number): Promise<Result> {
  try {
    return await result;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(most);
    throw new CorruptData(`${codec}: ${message}`);
  }
}

/**
 * Returns the limits for an engine. Its chunks suit a batch of records, which compresses to a quarter or
 * less.
 */
export const limitsFor = (input: Buffer, most: number) => ({
  // An engine refuses a limit of zero.
  maxOutputLength: Math.max(most, 1),
  chunkSize: Math.min(Math.max(4 * input.length, 16_384), 1_048_576),
});

export const tooLarge = (most: number) =>
  new CorruptData(`the decompressed data is larger than ${most} bytes`);
