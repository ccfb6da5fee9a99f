import { Queue, Worker } from 'bullmq';
import { nextAt, type ScheduleTimes, type ShopConnection } from '@core/domain';
import { closeWorker } from '../close-worker.ts';
import { readScheduleJob } from '../jobs/read-job.ts';
import { RETRY_MS } from '../queues.ts';
import type { Redis } from '../redis.ts';

/** A timer as stored by BullMQ. */
export interface Timer extends ScheduleTimes {
  /** When the timer fires next, in milliseconds; in the past while its job waits for a worker. */
  firesAt: number;
}

/** The timers of the schedules. Redis may lose them at any time: PostgreSQL is the source of truth. */
export interface SchedulerJobs {
  /** Returns the number of timers, and when the first one fires. */
  summarize(): Promise<{ count: number; firstAt: number | undefined }>;
  /** Returns all timers by id. */
  read(): Promise<Map<string, Timer>>;
  put(schedule: ShopConnection & ScheduleTimes): Promise<void>;
  remove(id: string): Promise<void>;
  close(): Promise<void>;
}

export const SCHEDULES_QUEUE = 'import-schedules';
/** Covers half an hour without PostgreSQL. After a longer outage the schedules are caught up. */
const RETRIES = { attempts: 60, backoff: { type: 'fixed', delay: 30_000 } };

/** BullMQ's own cron parser skips days on which the clock changes and so differs from the promised times. */
const settings = {
  repeatStrategy: (after: number, { pattern = '', tz = '' }: { pattern?: string; tz?: string }) =>
    nextAt({ cron: pattern, timeZone: tz }, new Date(after))?.getTime(),
};

export function createSchedulerJobs(connection: Redis, onError: (error: Error) => void): SchedulerJobs {
  const queue = new Queue<ShopConnection>(SCHEDULES_QUEUE, { connection, settings });
  queue.on('error', onError);
  return {
    async summarize() {
      const [count, [first]] = await Promise.all([
        queue.getJobSchedulersCount(),
        queue.getJobSchedulers(0, 0, true),
      ]);
      return { count, firstAt: first?.next };
    },
    async read() {
      const there = await queue.getJobSchedulers();
      return new Map(
        there.map(
          ({ key, pattern = '', tz = '', next = 0 }) =>
            [key, { cron: pattern, timeZone: tz, firesAt: next }] as const,
        ),
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

/** The id of a schedule's timer. BullMQ forbids ':' in it. */
export const schedulerId = ({ merchantId, shop }: ShopConnection): string => `${merchantId}_${shop}`;

/** Calls `fire` whenever a timer fires, with the time for which it was set. A call that throws is retried. */
export function startScheduleWorker(
  connection: Redis,
  fire: (schedule: ShopConnection, setFor?: Date) => Promise<void>,
  onError: (error: Error) => void,
): { close(): Promise<void> } {
  const worker = new Worker<ShopConnection>(
    SCHEDULES_QUEUE,
    async ({ data, opts: { prevMillis } }) =>
      fire(
        readScheduleJob(SCHEDULES_QUEUE, data),
        prevMillis === undefined ? undefined : new Date(prevMillis),
      ),
    { connection, settings, runRetryDelay: RETRY_MS },
  );
  worker.on('error', onError);
  worker.on('failed', (_job, error) => onError(error));
  return { close: () => closeWorker(worker) };
}
