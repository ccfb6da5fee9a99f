import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runOperation } from './operation.ts';
import type { BulkErrorCode, BulkOperation, BulkPace } from './operation.ts';

/** "url and partialDataUrl values expire after seven days." */
export const URL_LIFE_MS = 7 * 86_400_000;

export interface BulkOperations {
  /** Returns all operations, newest first. Operations with expired files have the status EXPIRED. */
  list(): BulkOperation[];
  start(query: string, rows: Iterable<unknown>): BulkOperation;
  pace: BulkPace;
  /** Expires all files now. */
  expire(): void;
  /** Returns when the file of an operation expires, in milliseconds. */
  expiresMs(operation: BulkOperation): number;
  close(): Promise<void>;
}

/**
 * Creates the bulk queries of one app in one shop. `ended` is called once per query, when its status is
 * final.
 */
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
