import { availableParallelism } from 'node:os';
import { Counter, Gauge, Registry, serveAdmin, showLoops, sumMetrics, type App } from '@core/runtime';
import type { RunningApi } from '../api.ts';
import type { apiEnv } from '../config.ts';
import { askMembers } from './ask-members.ts';
import { createCrew } from './crew.ts';
import { forkProcess, type ApiProcess } from './fork-process.ts';

/** Below the 25 s in which the whole clean-up must end; a process cuts its own calls after 10 s. */
const STOP_WITHIN_MS = 22_000;

/** How many processes `CORE_API_PROCESSES` means. */
export const countProcesses = (asked: number): number => (asked === 0 ? availableParallelism() : asked);

/**
 * Runs the api in `size` processes that share its ports, and answers for all of them on the admin port. It
 * serves no call itself, so no call can end it; the death of a process caused by a call never ends it either.
 * @throws Error when one of them does not start
 */
export async function supervise(app: App<typeof apiEnv>, size: number): Promise<RunningApi> {
  const { env, log, shutdown } = app;
  const metrics = new Registry();
  metrics.setDefaultLabels({ app: 'api' });
  showLoops(metrics);
  const registers = [metrics];
  const deaths = new Counter({
    name: 'core_process_deaths_total',
    help: 'Processes that ended without being asked to; opened=false: before they opened a port',
    labelNames: ['opened'] as const,
    registers,
  });
  const kills = new Counter({
    name: 'core_process_kills_total',
    help: 'Processes killed because they did not answer: hung, or endless at work',
    labelNames: ['why'] as const,
    registers,
  });
  const crew = createCrew({
    size,
    fork: forkProcess,
    log,
    stopping: shutdown.signal,
    onDeath: ({ opened }) => deaths.inc({ opened: String(opened) }),
    onKill: (why) => kills.inc({ why }),
    // An unhandled rejection, which ends the app.
    onHopeless: (error) => {
      throw error;
    },
  });
  new Gauge({
    name: 'core_processes',
    help: 'Processes that serve, or are about to',
    registers,
    collect() {
      this.set(crew.members.size);
    },
  });
  const answering = new Gauge({
    name: 'core_processes_answering',
    help: 'Processes whose figures this page contains; fewer than core_processes: one hangs or starts',
    registers,
  });

  const admin = await serveAdmin({
    port: env.CORE_ADMIN_PORT,
    host: env.CORE_LISTEN_HOST,
    log,
    failing: async (forWrites) =>
      shutdown.signal.aborted
        ? ['serving']
        : missingIn(crew.members, forWrites ? 'failingWrites' : 'failing'),
    metrics: {
      contentType: metrics.contentType,
      async metrics() {
        const known = await askMembers(crew.members, 'metrics');
        answering.set(known.length);
        return sumMetrics([await metrics.getMetricsAsJSON(), ...known]).metrics();
      },
    },
  });
  shutdown.add('admin server', () => admin.close());
  shutdown.add('processes', () => crew.stop(STOP_WITHIN_MS));
  process.on('SIGHUP', () => void crew.renew());
  const first = await crew.start();

  const ports = { ...(await first.serving), adminPort: admin.port } as RunningApi;
  log.info({ ...ports, processes: [...crew.members].map(({ pid }) => pid) }, 'supervising');
  return ports;
}

/** The first process that can do its work is enough; without any, what they miss between them. */
async function missingIn(
  members: ReadonlySet<ApiProcess>,
  question: 'failing' | 'failingWrites',
): Promise<string[]> {
  const heard = await askMembers(members, question, (failing) => failing.length === 0);
  if (heard.length === 0) return ['serving'];
  return heard.some((failing) => failing.length === 0) ? [] : [...new Set(heard.flat())];
}
