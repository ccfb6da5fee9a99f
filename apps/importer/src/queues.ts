import { DelayedError, Queue, Worker } from 'bullmq';
import type { PageRef } from '@core/domain';
import { pause } from '@core/runtime';
import type { Redis } from './redis.ts';

/** The schedule of pages. Redis may lose all of it at any moment: PostgreSQL holds the truth. */
export interface PageJobs {
  add(pages: readonly PageRef[]): Promise<void>;
  /** Jobs that no worker has taken yet, without the delayed ones. */
  waiting(): Promise<number>;
  close(): Promise<void>;
}

export interface Attempt {
  /** Since the page's job was made. */
  ageMs: number;
  /** From 1. */
  number: number;
}

const QUEUE = 'import-pages';
/** Less than the time a stop may take altogether. */
const CLOSE_MS = 10_000;

export function createPageJobs(connection: Redis, onError: (error: Error) => void): PageJobs {
  const queue = new Queue<PageRef>(QUEUE, { connection });
  queue.on('error', onError);
  return {
    async add(pages) {
      if (pages.length === 0) return;
      await queue.addBulk(
        pages.map((page) => ({
          name: 'import-page',
          data: page,
          // Kept jobs would make BullMQ ignore a later one of the same id. With the fence in the id, a slice
          // handed out anew is never taken for the job of its former holder.
          opts: { jobId: jobId(page), removeOnComplete: true, removeOnFail: true },
        })),
      );
    },
    waiting: () => queue.getWaitingCount(),
    close: () => queue.close(),
  };
}

/** BullMQ forbids ':' in it. */
export const jobId = ({ importId, slice, fence, page }: PageRef): string =>
  `${importId}_${slice}_${fence}_${page}`;

/**
 * Works on pages, `concurrency` at a time.
 * @param work resolves to the milliseconds after which the page is to be tried again, 0 when it is over.
 *   The job is then moved to the delayed ones: sleeping here would take the place of another shop's page.
 */
export function startPageWorker(options: {
  connection: Redis;
  concurrency: number;
  work: (page: PageRef, attempt: Attempt) => Promise<number>;
  onError: (error: Error) => void;
}): { close(): Promise<void> } {
  const { connection, concurrency, work, onError } = options;
  const worker = new Worker<PageRef>(
    QUEUE,
    async (job, token) => {
      const waitMs = await work(job.data, {
        ageMs: Date.now() - job.timestamp,
        number: job.attemptsStarted,
      });
      if (waitMs === 0) return;
      await job.moveToDelayed(Date.now() + waitMs, token);
      throw new DelayedError();
    },
    // A stalled job is not run again: its slice's lease runs out and the page comes back with a new fence.
    { connection, concurrency, maxStalledCount: 0 },
  );
  worker.on('error', onError);
  worker.on('failed', (_job, error) => onError(error));
  return {
    // BullMQ waits for its running jobs, and for ever while Redis is away. What is left then is stalled in
    // Redis and void in PostgreSQL, once the leases are released.
    async close() {
      const closed = new AbortController();
      await Promise.race([worker.close().finally(() => closed.abort()), pause(CLOSE_MS, closed.signal)]);
    },
  };
}
