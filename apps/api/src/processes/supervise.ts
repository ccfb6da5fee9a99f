import { availableParallelism } from 'node:os';
import {
  Counter,
  Gauge,
  Registry,
  serveAdmin,
  registerLoopMetrics,
  sumMetrics,
  type App,
} from '@core/runtime';
import type { RunningApi } from '../api.ts';
import type { apiEnv } from '../config.ts';
import { queryProcesses } from './query-processes.ts';
import { createWorkerPool } from './worker-pool.ts';
import { forkProcess, type ApiProcess } from './fork-process.ts';

/** Shorter than the 25 s in which the whole clean-up must finish; a process cuts its own calls after 10 s. */
const STOP_WITHIN_MS = 22_000;

/** Returns the number of processes that `CORE_API_PROCESSES` requests. */
export const countProcesses = (configured: number): number =>
  configured === 0 ? availableParallelism() : configured;

/**
 * Runs the API in `size` processes that share its ports, and answers for all of them on the admin port. The
 * supervisor serves no call, so no call can end it. The death of a process caused by a call never ends it
 * either.
 * @throws Error when one of the processes does not start
 */
export async function supervise(app: App<typeof apiEnv>, size: number): Promise<RunningApi> {
  const { env, log, shutdown } = app;
  const metrics = new Registry();
  metrics.setDefaultLabels({ app: 'api' });
  registerLoopMetrics(metrics);
  const registers = [metrics];
  const deaths = new Counter({
    name: 'core_process_deaths_total',
    help: 'Processes that ended unexpectedly; opened=false: before they opened a port',
    labelNames: ['opened'] as const,
    registers,
  });
  const kills = new Counter({
    name: 'core_process_kills_total',
    help: 'Processes killed because they did not answer: hung, or in an endless loop',
    labelNames: ['why'] as const,
    registers,
  });
  const pool = createWorkerPool({
    size,
    fork: forkProcess,
    log,
    stopping: shutdown.signal,
    onDeath: ({ opened }) => deaths.inc({ opened: String(opened) }),
    onKill: (why) => kills.inc({ why }),
    // The throw becomes an unhandled rejection, which ends the app.
    onPermanentFailure: (error) => {
      throw error;
    },
  });
  new Gauge({
    name: 'core_processes',
    help: 'Processes that serve or are starting',
    registers,
    collect() {
      this.set(pool.members.size);
    },
  });
  const answering = new Gauge({
    name: 'core_processes_answering',
    help: 'Processes whose metrics this page includes; fewer than core_processes: one hangs or is starting',
    registers,
  });

  const admin = await serveAdmin({
    port: env.CORE_ADMIN_PORT,
    host: env.CORE_LISTEN_HOST,
    log,
    failing: async (forWrites) =>
      shutdown.signal.aborted
        ? ['serving']
        : failingChecks(pool.members, forWrites ? 'failingWrites' : 'failing'),
    metrics: {
      contentType: metrics.contentType,
      async metrics() {
        const answers = await queryProcesses(pool.members, 'metrics');
        answering.set(answers.length);
        return sumMetrics([await metrics.getMetricsAsJSON(), ...answers]).metrics();
      },
    },
  });
  shutdown.add('admin server', () => admin.close());
  shutdown.add('processes', () => pool.stop(STOP_WITHIN_MS));
  process.on('SIGHUP', () => void pool.renew());
  const first = await pool.start();

  const ports = { ...(await first.serving), adminPort: admin.port } as RunningApi;
  log.info({ ...ports, processes: [...pool.members].map(({ pid }) => pid) }, 'supervising');
  return ports;
}

/**
 * Returns no failing checks if one process can do its work; otherwise the failing checks of all processes.
 */
async function failingChecks(
  members: ReadonlySet<ApiProcess>,
  query: 'failing' | 'failingWrites',
): Promise<string[]> {
  const answers = await queryProcesses(members, query, (failing) => failing.length === 0);
  if (answers.length === 0) return ['serving'];
  return answers.some((failing) => failing.length === 0) ? [] : [...new Set(answers.flat())];
}
