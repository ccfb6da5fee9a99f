import { failing, type App } from '@core/runtime';
import { type StartAdmin } from '@core/service';
import { startApi } from '../api.ts';
import type { apiEnv } from '../config.ts';
import type { Question, Said } from './messages.ts';

/** One of several processes behind the same ports: an api whose admin port is its supervisor's. */
export async function runProcess(app: App<typeof apiEnv>): Promise<void> {
  app.log.setBindings({ process: process.pid });
  // A terminal that is closed says it to all of its processes; to the supervisor it means a restart in turn.
  process.on('SIGHUP', () => undefined);
  const ports = await startApi(app, answerSupervisor);
  say({ kind: 'serving', ports });
}

/** Instead of a port of its own. That the supervisor has died needs no code: node:cluster then ends us. */
const answerSupervisor: StartAdmin = async ({ port, metrics, checks, writeChecks }) => {
  const answers = {
    alive: () => true as const,
    failing: () => failing(checks),
    failingWrites: () => failing({ ...checks, ...writeChecks }),
    metrics: () => metrics.getMetricsAsJSON(),
  };
  const listen = async ({ id, ask }: Question) => say({ kind: 'answer', id, answer: await answers[ask]() });
  process.on('message', listen);
  return { port, close: async () => void process.off('message', listen) };
};

const say = (said: Said): void => void process.send?.(said);
