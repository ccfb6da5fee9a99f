import { inTransaction, type MerchantKeyStore, type Pool } from '@core/db';
import { readEnabledSchedules, runSchedule, versionOfSchedules, type ShopConnection } from '@core/domain';
import { pause, type Logger } from '@core/runtime';
import { inTransactionOf } from '../in-transaction-of.ts';
import type { RedisConnections } from '../redis.ts';
import {
  createSchedulerJobs,
  schedulerId,
  startScheduleWorker,
  type SchedulerJobs,
} from './scheduler-jobs.ts';

export interface SchedulesOptions {
  pool: Pool;
  keys: MerchantKeyStore;
  redis: RedisConnections;
  log: Logger;
  /** Told what failed; it goes on by itself. */
  onError: (error: unknown) => void;
}

/** How late a change of a merchant's is seen. */
const LOOK_EVERY_MS = 2_000;

/**
 * Has shops imported by themselves. BullMQ is the clock, and is built anew from PostgreSQL whenever the two differ;
 * whether a firing is due is decided under a lock in PostgreSQL, so any number of importers start one run.
 */
export function startSchedules(options: SchedulesOptions): { stop(): Promise<void> } {
  const { pool, keys, redis, log, onError } = options;
  const stopping = new AbortController();
  const fire = async (schedule: ShopConnection) => {
    const ctx = { caller: 'importer', requestId: 'schedule', keys };
    const did = await inTransactionOf(schedule, pool, (tx) => runSchedule(tx, ctx, schedule));
    if (did === 'not_due') return;
    const outcome = 'started' in did ? { import_id: did.started } : { refused: did.refused };
    log.info({ merchant_id: schedule.merchantId, shop: schedule.shop, ...outcome }, 'a schedule came due');
  };
  const jobs = createSchedulerJobs(redis.commands, onError);
  const worker = startScheduleWorker(redis.worker, fire, onError);
  const keeping = keepBuilt({ pool, jobs, fire }, stopping.signal, onError);
  return {
    async stop() {
      stopping.abort(new Error('stopping'));
      await keeping;
      await worker.close();
      await jobs.close();
    },
  };
}

interface KeepDeps {
  pool: Pool;
  jobs: SchedulerJobs;
  fire: (schedule: ShopConnection) => Promise<void>;
}

interface Built {
  version: string;
  count: number;
}

/** Looks for changes until the signal aborts. */
async function keepBuilt(deps: KeepDeps, signal: AbortSignal, onError: (error: unknown) => void) {
  const { pool, jobs } = deps;
  let built: Built | undefined;
  while (!signal.aborted) {
    try {
      const version = await inTransaction(pool, versionOfSchedules);
      const lost: boolean = built?.count !== (await jobs.count());
      if (lost || built?.version !== version) built = await build(deps, lost);
    } catch (error) {
      // Something was away: firings may have been missed, and Redis may have come back empty.
      built = undefined;
      onError(error);
    }
    await pause(LOOK_EVERY_MS, signal);
  }
}

/**
 * Makes BullMQ's schedulers those of PostgreSQL. One that is right is left alone: putting it again would drop its
 * overdue job.
 * @param catchUp also starts what came due while there was no clock
 * @returns which schedules they are now, and how many
 */
async function build({ pool, jobs, fire }: KeepDeps, catchUp: boolean): Promise<Built> {
  const { version, schedules } = await inTransaction(pool, readEnabledSchedules);
  const there = await jobs.read();
  for (const schedule of schedules) {
    const known = there.get(schedulerId(schedule));
    there.delete(schedulerId(schedule));
    if (known?.cron !== schedule.cron || known.timeZone !== schedule.timeZone) await jobs.put(schedule);
  }
  for (const id of there.keys()) await jobs.remove(id);
  if (catchUp) for (const { merchantId, shop } of schedules) await fire({ merchantId, shop });
  return { version, count: schedules.length };
}
