import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';

export type BulkStatus =
  'CREATED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELING' | 'CANCELED' | 'EXPIRED';
export type BulkErrorCode = 'ACCESS_DENIED' | 'INTERNAL_SERVER_ERROR' | 'TIMEOUT';

/** One bulk query as the server stores it. Times in milliseconds. */
export interface BulkOperation {
  readonly id: number;
  readonly query: string;
  readonly createdMs: number;
  status: BulkStatus;
  completedMs: number | null;
  endedMs: number | null;
  errorCode: BulkErrorCode | null;
  objectCount: number;
  /** The rows written so far: all rows, or a part for a failed operation. */
  file: { path: string; bytes: number } | null;
}

/** How operations run. The settings are read again during a run. */
export interface BulkPace {
  /** 0 keeps operations in RUNNING. */
  rowsPerSecond: number;
  /** The next operations stop after this many rows. Each entry is used once. */
  failures: { afterRows: number; errorCode: BulkErrorCode }[];
}

const CHUNK = 500;
const HOLD_MS = 10;

interface Run {
  operation: BulkOperation;
  rows: Iterable<unknown>;
  pace: BulkPace;
  now: () => number;
}

/**
 * Writes the rows of an operation into its file, one JSON object per line, and yields to other requests
 * between chunks. It reads the shop during the run, like a long export. Resolves when the operation has a
 * final status.
 */
export async function runOperation({ operation, rows, pace, now }: Run): Promise<void> {
  const canceled = () => operation.status === 'CANCELING';
  const dir = await mkdtemp(join(tmpdir(), 'shopify-stand-in-'));
  const path = join(dir, 'result.jsonl');
  const output = await open(path, 'w');
  const failure = pace.failures.shift();
  let lines: string[] = [];
  let bytes = 0;
  const flush = async () => {
    const { bytesWritten } = await output.write(lines.join(''));
    bytes += bytesWritten;
    operation.objectCount += lines.length;
    lines = [];
  };
  const breather = async () => {
    await flush();
    if (pace.rowsPerSecond === Infinity) await nextTurn();
    else if (pace.rowsPerSecond > 0) await wait((CHUNK / pace.rowsPerSecond) * 1000);
    while (pace.rowsPerSecond === 0 && !canceled()) await wait(HOLD_MS);
  };
  let errorCode: BulkErrorCode | null = null;
  try {
    await nextTurn(); // the reply with CREATED is sent first
    if (!canceled()) operation.status = 'RUNNING';
    await breather();
    for (const row of rows) {
      if (canceled() || operation.objectCount + lines.length === failure?.afterRows) break;
      lines.push(`${JSON.stringify(row)}\n`);
      if (lines.length === CHUNK) await breather();
    }
    await flush();
    errorCode = failure?.errorCode ?? null;
  } catch {
    errorCode = 'INTERNAL_SERVER_ERROR';
  }
  await output.close();
  if (bytes > 0) operation.file = { path, bytes };
  else await rm(dir, { recursive: true, force: true });
  // Set last and in one turn: a client that reads a final status finds the file.
  operation.status = canceled() ? 'CANCELED' : errorCode ? 'FAILED' : 'COMPLETED';
  operation.errorCode = operation.status === 'FAILED' ? errorCode : null;
  operation.endedMs = now();
  if (operation.status === 'COMPLETED') operation.completedMs = operation.endedMs;
}
