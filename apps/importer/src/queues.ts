import { DelayedError, Job, Queue, Worker } from 'bullmq';
import type { PageRef } from '@core/domain';
import { closeWorker } from './close-worker.ts';
import { createFairSlots, QUEUE_WAIT_MS } from './jobs/fair-slots.ts';
import { readPageJob } from './jobs/read-job.ts';
import { assertWritable, RedisUnavailable, type Redis } from './redis.ts';

/** The schedule of pages. Redis may lose all of it at any time: PostgreSQL is the source of truth. */
export interface PageJobs {
  /** @throws RedisUnavailable */
  add(pages: readonly PageRef[]): Promise<void>;
  /**
   * Returns the number of jobs that no worker has claimed yet, without the delayed ones.
   * @throws RedisUnavailable, also if Redis answers but accepts no jobs
   */
  waiting(): Promise<number>;
  /** Promotes a delayed job, so that it runs immediately. */
  call(jobId: string): Promise<void>;
  close(): Promise<void>;
}

export const PAGES_QUEUE = 'import-pages';

/**
 * Retry delay after Redis refused a worker. BullMQ's default of 15 s would halt imports after Redis is back.
 */
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
        // BullMQ would ignore a later job with the id of a kept one. The fence in the id distinguishes a
        // slice that was claimed again from the job of its former holder.
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

/** The id of a page's job. BullMQ forbids ':' in it. */
export const jobId = ({ importId, slice, fence, page }: PageRef): string =>
  `${importId}_${slice}_${fence}_${page}`;

/**
 * Processes pages, `concurrency` at a time, shared fairly among shops. A page that must wait is moved to the
 * delayed jobs: sleeping here would occupy a slot that another shop's page could use.
 * @param work resolves to the milliseconds after which to retry the page, 0 when it is finished
 */
export function startPageWorker(options: {
  connection: Redis;
  concurrency: number;
  jobs: Pick<PageJobs, 'call'>;
  work: (page: PageRef) => Promise<number>;
  onError: (error: Error) => void;
}): { close(): Promise<void> } {
  const { connection, concurrency, jobs, work, onError } = options;
  const slots = createFairSlots(concurrency);
  const workInSlot = async (page: PageRef): Promise<number> => {
    const run = page.importId;
    if (!slots.begin(run, jobId(page))) return QUEUE_WAIT_MS;
    try {
      return await work(page);
    } finally {
      const next = slots.end(run);
      // Fails when the job is not delayed yet or has moved to another process. It then runs after its delay.
      if (next) jobs.call(next).catch(() => undefined);
    }
  };
  const worker = new Worker<PageRef>(
    PAGES_QUEUE,
    async (job, token) => {
      const waitMs = await workInSlot(readPageJob(PAGES_QUEUE, job.data));
      if (waitMs === 0) return;
      await job.moveToDelayed(Date.now() + waitMs, token);
      throw new DelayedError();
    },
    // A stalled job is not run again. Its slice's lease expires and the page returns with a new fence.
    { connection, concurrency, maxStalledCount: 0, runRetryDelay: RETRY_MS },
  );
  worker.on('error', onError);
  worker.on('failed', (_job, error) => onError(error));
  return { close: () => closeWorker(worker) };
}
