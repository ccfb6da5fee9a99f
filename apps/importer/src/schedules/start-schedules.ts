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
  /** Told what failed of the queue; it goes on by itself. */
  onError: (error: unknown) => void;
}

/** How late a change of a merchant's is seen. */
const LOOK_EVERY_MS = 2_000;
/** A timer that should have rung so long ago has no job any more: BullMQ winds it when its job begins. */
const LATE_MS = 60_000;

/**
 * Has shops imported by themselves. BullMQ is the clock, and is built anew from PostgreSQL whenever the two differ;
 * whether a firing is due is decided under a lock in PostgreSQL, so any number of importers start one run.
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
  const keeping = keepBuilt({ pool, jobs, fire, log });
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

/** Looks for changes until it is stopped. */
function keepBuilt(deps: KeepDeps): Loop {
  const { pool, jobs, log } = deps;
  let built: Built | undefined;
  const look = async (): Promise<void> => {
    try {
      const version = await inTransaction(pool, versionOfSchedules);
      const { count, firstAt = Infinity } = await jobs.look();
      const lost = built?.count !== count || firstAt < Date.now() - LATE_MS;
      if (lost || built?.version !== version) built = await build(deps, lost);
    } catch (error) {
      // Something was away: firings may have been missed, and Redis may have come back empty.
      built = undefined;
      throw error;
    }
  };
  return startLoop({ name: 'wind the schedules', log, every: LOOK_EVERY_MS, work: look });
}

/**
 * Makes BullMQ's schedulers those of PostgreSQL. One that is right is left alone: putting it again would drop its
 * overdue job. One that rings at another time than was promised was set by an earlier build, or by other tables
 * of time zones.
 * @param catchUp also starts what came due while there was no clock; overdue jobs are dropped
 * @returns which schedules they are now, and how many
 */
async function build({ pool, jobs, fire }: KeepDeps, catchUp: boolean): Promise<Built> {
  const { version, schedules: enabled } = await inTransaction(pool, readEnabledSchedules);
  // One without a next time has no timer: these tables of time zones lack its zone.
  const schedules = enabled.filter(({ nextAt }) => nextAt);
  const there = await jobs.read();
  for (const schedule of schedules) {
    const timer = there.get(schedulerId(schedule));
    there.delete(schedulerId(schedule));
    if (!timer || !isRight(timer, schedule, catchUp)) await jobs.put(schedule);
  }
  for (const id of there.keys()) await jobs.remove(id);
  if (catchUp) for (const { merchantId, shop } of schedules) await fire({ merchantId, shop });
  return { version, count: schedules.length };
}

function isRight(timer: Timer, { cron, timeZone, nextAt }: ImportSchedule, catchUp: boolean): boolean {
  if (timer.cron !== cron || timer.timeZone !== timeZone) return false;
  return timer.ringsAt === nextAt?.getTime() || (!catchUp && timer.ringsAt <= Date.now());
}
