import { Queue, Worker } from 'bullmq';
import type { ShopConnection } from '@core/domain';
import { closeWorker } from '../close-worker.ts';
import { readScheduleJob } from '../jobs/read-job.ts';
import type { Redis } from '../redis.ts';

/** What BullMQ keeps of a schedule. */
export interface Scheduler extends ShopConnection {
  cron: string;
  timeZone: string;
}

/** The timers of the schedules. Redis may lose them at any moment: PostgreSQL holds the truth. */
export interface SchedulerJobs {
  count(): Promise<number>;
  /** By id. */
  read(): Promise<Map<string, Pick<Scheduler, 'cron' | 'timeZone'>>>;
  put(scheduler: Scheduler): Promise<void>;
  remove(id: string): Promise<void>;
  close(): Promise<void>;
}

export const SCHEDULES_QUEUE = 'import-schedules';
/** Half an hour of PostgreSQL's being away; what is longer is caught up with when it is back. */
const RETRIES = { attempts: 60, backoff: { type: 'fixed', delay: 30_000 } };

export function createSchedulerJobs(connection: Redis, onError: (error: Error) => void): SchedulerJobs {
  const queue = new Queue<ShopConnection>(SCHEDULES_QUEUE, { connection });
  queue.on('error', onError);
  return {
    count: () => queue.getJobSchedulersCount(),
    async read() {
      const there = await queue.getJobSchedulers();
      return new Map(
        there.map(({ key, pattern = '', tz = '' }) => [key, { cron: pattern, timeZone: tz }] as const),
      );
    },
    async put({ merchantId, shop, cron, timeZone }) {
      await queue.upsertJobScheduler(
        schedulerId({ merchantId, shop }),
        { pattern: cron, tz: timeZone },
        {
          name: 'run-schedule',
          data: { merchantId, shop },
          opts: { ...RETRIES, removeOnComplete: true, removeOnFail: true },
        },
      );
    },
    async remove(id) {
      await queue.removeJobScheduler(id);
    },
    close: () => queue.close(),
  };
}

/** BullMQ forbids ':' in it. */
export const schedulerId = ({ merchantId, shop }: ShopConnection): string => `${merchantId}_${shop}`;

/** Calls `fire` at each firing; what it throws is tried again. */
export function startScheduleWorker(
  connection: Redis,
  fire: (schedule: ShopConnection) => Promise<void>,
  onError: (error: Error) => void,
): { close(): Promise<void> } {
  const worker = new Worker<ShopConnection>(
    SCHEDULES_QUEUE,
    async ({ data }) => fire(readScheduleJob(SCHEDULES_QUEUE, data)),
    { connection },
  );
  worker.on('error', onError);
  worker.on('failed', (_job, error) => onError(error));
  return { close: () => closeWorker(worker) };
}
