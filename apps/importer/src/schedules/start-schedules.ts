import { type MerchantKeyStore } from '@core/crypto';
import { inTransaction, type Pool } from '@core/db';
import {
  readEnabledSchedules,
  runSchedule,
  versionOfSchedules,
  type ImportSchedule,
  type ShopConnection,
} from '@core/domain';
import { startLoop, type Logger, type Loop } from '@core/runtime';
import { inTransactionOf } from '../in-transaction-of.ts';
import type { RedisConnections } from '../redis.ts';
import {
  createSchedulerJobs,
  schedulerId,
  startScheduleWorker,
  type SchedulerJobs,
  type Timer,
} from './scheduler-jobs.ts';

export interface SchedulesOptions {
  pool: Pool;
  keys: MerchantKeyStore;
  redis: RedisConnections;
  log: Logger;
  /** Called with failures of the queue, which recovers automatically. */
  onError: (error: unknown) => void;
}

/** Poll interval: the maximum delay until a merchant's change takes effect. */
const POLL_EVERY_MS = 2_000;
/** A timer overdue by this long has lost its job: BullMQ sets the next time when the job starts. */
const LATE_MS = 60_000;

/**
 * Starts scheduled imports. BullMQ is the clock, and it is rebuilt from PostgreSQL whenever the two differ.
 * Whether a firing is due is decided under a lock in PostgreSQL, so any number of importers start only one
 * run.
 */
export function startSchedules(options: SchedulesOptions): { stop(): Promise<void> } {
  const { pool, keys, redis, log, onError } = options;
  const fire = async (schedule: ShopConnection, setFor?: Date) => {
    const ctx = { caller: 'importer', requestId: 'schedule', keys };
    const firing = { ...schedule, ...(setFor && { setFor }) };
    const did = await inTransactionOf(schedule, pool, (tx) => runSchedule(tx, ctx, firing));
    if (did === 'not_due') return;
    const outcome = 'started' in did ? { import_id: did.started } : { refused: did.refused };
    log.info({ merchant_id: schedule.merchantId, shop: schedule.shop, ...outcome }, 'a schedule came due');
  };
  const jobs = createSchedulerJobs(redis.commands, onError);
  const worker = startScheduleWorker(redis.worker, fire, onError);
  const keeping = keepSynchronized({ pool, jobs, fire, log });
  return {
    async stop() {
      await keeping.stop();
      await worker.close();
      await jobs.close();
    },
  };
}

interface KeepDeps {
  pool: Pool;
  jobs: SchedulerJobs;
  fire: (schedule: ShopConnection) => Promise<void>;
  log: Logger;
}

interface Built {
  version: string;
  count: number;
}

/** Polls for changes until it is stopped. */
function keepSynchronized(deps: KeepDeps): Loop {
  const { pool, jobs, log } = deps;
  let built: Built | undefined;
  const synchronize = async (): Promise<void> => {
    try {
      const version = await inTransaction(pool, versionOfSchedules);
      const { count, firstAt = Infinity } = await jobs.summarize();
      const lost = built?.count !== count || firstAt < Date.now() - LATE_MS;
      if (lost || built?.version !== version) built = await build(deps, lost);
    } catch (error) {
      // A service was unavailable: firings may have been missed, and Redis may have come back empty.
      built = undefined;
      throw error;
    }
  };
  return startLoop({ name: 'schedule synchronization', log, every: POLL_EVERY_MS, work: synchronize });
}

/**
 * Updates BullMQ's schedulers to match PostgreSQL. A correct one is left alone: setting it again would drop
 * its overdue job. A timer that fires at another time than promised was set by an earlier build or with other
 * time zone tables.
 * @param catchUp also starts the imports that came due without a clock; overdue jobs are dropped
 * @returns the version of the schedules and the number of timers
 */
async function build({ pool, jobs, fire }: KeepDeps, catchUp: boolean): Promise<Built> {
  const { version, schedules: enabled } = await inTransaction(pool, readEnabledSchedules);
  // A schedule without a next time has no timer: this process's time zone tables lack its zone.
  const schedules = enabled.filter(({ nextAt }) => nextAt);
  const timers = await jobs.read();
  for (const schedule of schedules) {
    const timer = timers.get(schedulerId(schedule));
    timers.delete(schedulerId(schedule));
    if (!timer || !isCurrent(timer, schedule, catchUp)) await jobs.put(schedule);
  }
  for (const id of timers.keys()) await jobs.remove(id);
  if (catchUp) for (const { merchantId, shop } of schedules) await fire({ merchantId, shop });
  return { version, count: schedules.length };
}

function isCurrent(timer: Timer, { cron, timeZone, nextAt }: ImportSchedule, catchUp: boolean): boolean {
  if (timer.cron !== cron || timer.timeZone !== timeZone) return false;
  return timer.firesAt === nextAt?.getTime() || (!catchUp && timer.firesAt <= Date.now());
}
