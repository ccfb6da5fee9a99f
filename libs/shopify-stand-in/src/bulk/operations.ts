import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runOperation } from './operation.ts';
import type { BulkErrorCode, BulkOperation, BulkPace } from './operation.ts';

/** "url and partialDataUrl values expire after seven days." */
export const URL_LIFE_MS = 7 * 86_400_000;

export interface BulkOperations {
  /** Newest first, with expired ones told as such. */
  list(): BulkOperation[];
  start(query: string, rows: Iterable<unknown>): BulkOperation;
  pace: BulkPace;
  /** All files end now. */
  expire(): void;
  /** When the file of an operation ends, in milliseconds. */
  expiresMs(operation: BulkOperation): number;
  close(): Promise<void>;
}

/** The bulk queries of one app in one shop. `ended` is called once for each, in a final status. */
export function createBulkOperations(
  firstId: number,
  now: () => number,
  ended: (operation: BulkOperation) => void,
): BulkOperations {
  const operations: BulkOperation[] = [];
  const running = new Set<Promise<void>>();
  const pace: BulkPace = { rowsPerSecond: Infinity, failures: [] };
  let expiredUpTo = -Infinity;
  const expiresMs = ({ id, endedMs }: BulkOperation) =>
    id <= expiredUpTo ? 0 : (endedMs ?? now()) + URL_LIFE_MS;

  return {
    pace,
    expiresMs,
    list() {
      for (const operation of operations) {
        if (operation.status === 'COMPLETED' && now() >= expiresMs(operation)) operation.status = 'EXPIRED';
      }
      return operations.toReversed();
    },
    start(query, rows) {
      const operation: BulkOperation = {
        id: firstId + operations.length,
        query,
        createdMs: now(),
        status: 'CREATED',
        completedMs: null,
        endedMs: null,
        errorCode: null,
        objectCount: 0,
        file: null,
      };
      operations.push(operation);
      const run = runOperation({ operation, rows, pace, now }).then(() => {
        running.delete(run);
        ended(operation);
      });
      running.add(run);
      return operation;
    },
    expire() {
      expiredUpTo = firstId + operations.length - 1;
    },
    async close() {
      for (const operation of operations) if (isRunning(operation)) operation.status = 'CANCELING';
      await Promise.all(running);
      const files = operations.flatMap(({ file }) => (file ? [dirname(file.path)] : []));
      await Promise.all(files.map((dir) => rm(dir, { recursive: true, force: true })));
    },
  };
}

export const isRunning = ({ status }: BulkOperation): boolean =>
  status === 'CREATED' || status === 'RUNNING' || status === 'CANCELING';

export type { BulkErrorCode, BulkOperation };
