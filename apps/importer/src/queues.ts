import { DelayedError, Job, Queue, Worker } from 'bullmq';
import type { PageRef } from '@core/domain';
import { closeWorker } from './close-worker.ts';
import { createFairTurns, TURN_MS } from './jobs/fair-turns.ts';
import { readPageJob } from './jobs/read-job.ts';
import { assertWritable, RedisUnavailable, type Redis } from './redis.ts';

/** The schedule of pages. Redis may lose all of it at any moment: PostgreSQL holds the truth. */
export interface PageJobs {
  /** @throws RedisUnavailable */
  add(pages: readonly PageRef[]): Promise<void>;
  /**
   * Jobs that no worker has taken yet, without the delayed ones.
   * @throws RedisUnavailable, also of a Redis that answers and takes no jobs
   */
  waiting(): Promise<number>;
  /** Lets a delayed job come at once. */
  call(jobId: string): Promise<void>;
  close(): Promise<void>;
}

export const PAGES_QUEUE = 'import-pages';

/** After a Redis that refused a worker; BullMQ's own are 15 s, which an import would stand still once Redis is back. */
export const RETRY_MS = 2_000;

export function createPageJobs(connection: Redis, onError: (error: Error) => void): PageJobs {
  const queue = new Queue<PageRef>(PAGES_QUEUE, { connection });
  queue.on('error', onError);
  return {
    async add(pages) {
      if (pages.length === 0) return;
      const jobs = pages.map((page) => ({
        name: 'import-page',
        data: page,
        // Kept jobs would make BullMQ ignore a later one of the same id. With the fence in the id, a slice
        // handed out anew is never taken for the job of its former holder.
        opts: { jobId: jobId(page), removeOnComplete: true, removeOnFail: true },
      }));
      await queue.addBulk(jobs).catch((error: unknown) => {
        throw new RedisUnavailable(error);
      });
    },
    async waiting() {
      await assertWritable(connection);
      return queue.getWaitingCount().catch((error: unknown) => {
        throw new RedisUnavailable(error);
      });
    },
    async call(jobId) {
      await (await Job.fromId(queue, jobId))?.promote();
    },
    close: () => queue.close(),
  };
}

/** BullMQ forbids ':' in it. */
export const jobId = ({ importId, slice, fence, page }: PageRef): string =>
  `${importId}_${slice}_${fence}_${page}`;

/**
 * Works on pages, `concurrency` at a time, of which a shop has its share. Whatever must wait is moved to the delayed
 * jobs: sleeping here would take the slot of another shop's page.
 * @param work resolves to the milliseconds after which the page is to be tried again, 0 when it is over
 */
export function startPageWorker(options: {
  connection: Redis;
  concurrency: number;
  jobs: Pick<PageJobs, 'call'>;
  work: (page: PageRef) => Promise<number>;
  onError: (error: Error) => void;
}): { close(): Promise<void> } {
  const { connection, concurrency, jobs, work, onError } = options;
  const turns = createFairTurns(concurrency);
  const workInTurn = async (page: PageRef): Promise<number> => {
    const run = page.importId;
    if (!turns.begin(run, jobId(page))) return TURN_MS;
    try {
      return await work(page);
    } finally {
      const next = turns.end(run);
      // In vain when it is not yet among the delayed ones, or elsewhere by now: it comes by itself a little later.
      if (next) jobs.call(next).catch(() => undefined);
    }
  };
  const worker = new Worker<PageRef>(
    PAGES_QUEUE,
    async (job, token) => {
      const waitMs = await workInTurn(readPageJob(PAGES_QUEUE, job.data));
      if (waitMs === 0) return;
      await job.moveToDelayed(Date.now() + waitMs, token);
      throw new DelayedError();
    },
    // A stalled job is not run again: its slice's lease runs out and the page comes back with a new fence.
    { connection, concurrency, maxStalledCount: 0, runRetryDelay: RETRY_MS },
  );
  worker.on('error', onError);
  worker.on('failed', (_job, error) => onError(error));
  return { close: () => closeWorker(worker) };
}
