import { CorruptData } from './corrupt-data.ts';

/**
 * Gives the errors of Node's engines our words.
 * @param most bytes, the limit that the engine was given
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

/** The limits of an engine: its chunks suit a batch of records, which shrinks to a quarter or less. */
export const limitsFor = (input: Buffer, most: number) => ({
  // An engine takes no limit of zero.
  maxOutputLength: Math.max(most, 1),
  chunkSize: Math.min(Math.max(4 * input.length, 16_384), 1_048_576),
});

export const tooLarge = (most: number) => new CorruptData(`it is larger than ${most} bytes`);
