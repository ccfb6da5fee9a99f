import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Reader } from '@core/db';
import { readSegment, segmentCsv, segmentCsvHead, type ReadSegment } from '@core/domain';
import { assertReplaceable } from '../cli/assert-replaceable.ts';
import { OpsError } from '../cli/errors.ts';
import { fileProblem } from '../cli/file-problem.ts';
import { count } from '../cli/print.ts';
import { isForbidden } from '../connect/with-database.ts';

export interface WriteSegment extends ReadSegment {
  file: string;
  signal: AbortSignal;
  onProgress: (customers: number) => void;
}

/**
 * Writes the file under a temporary name beside it, and renames it at the end: a file of the given name is
 * complete. Reads no faster than it writes.
 * @returns the number of customers
 * @throws OpsError; no part of the file remains then, and an earlier file stays
 */
export async function writeSegment(
  reader: Reader,
  { file, signal, onProgress, ...segment }: WriteSegment,
): Promise<number> {
  const whole = `${file}.unfinished`;
  let customers = 0;
  async function* parts(): AsyncGenerator<string> {
    yield segmentCsvHead({ emails: false });
    for await (const rows of readSegment(reader, segment)) {
      customers += rows.length;
      yield segmentCsv(rows, { emails: null });
      onProgress(customers);
    }
  }
  try {
    assertReplaceable(file);
    await pipeline(parts, createWriteStream(whole, { mode: 0o600, flush: true }), { signal });
    renameSync(whole, file);
    return customers;
  } catch (error) {
    rmSync(whole, { force: true });
    if (isOfFile(error)) throw new OpsError(`--file ${file}: cannot be written: ${fileProblem(error)}`);
    if (isForbidden(error)) throw error;
    const reason = signal.aborted ? 'it was stopped' : (error as Error).message;
    throw new OpsError(
      `the export is incomplete after ${count(customers, 'customer')}: ${reason}; ` +
        `--file ${file} was not written: run it again`,
    );
  }
}

/** Only errors of the file system have the name of a system call, and no address. */
const isOfFile = (error: unknown): boolean => {
  const { syscall, address } = error as { syscall?: string; address?: string };
  return syscall !== undefined && address === undefined;
};
