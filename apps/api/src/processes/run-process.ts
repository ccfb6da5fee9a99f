import { failing, type App } from '@core/runtime';
import { type StartAdmin } from '@core/service';
import { startApi } from '../api.ts';
import type { apiEnv } from '../config.ts';
import type { QueryMessage, ProcessMessage } from './messages.ts';

/** Runs one of several processes behind the same ports: an API whose admin port belongs to its supervisor. */
export async function runProcess(app: App<typeof apiEnv>): Promise<void> {
  app.log.setBindings({ process: process.pid });
  // A closing terminal sends SIGHUP to all of its processes; for the supervisor it means a rolling restart.
  process.on('SIGHUP', () => undefined);
  const ports = await startApi(app, answerSupervisor);
  sendToSupervisor({ kind: 'serving', ports });
}

/**
 * Replaces a separate admin port. The death of the supervisor needs no code: node:cluster then ends this
 * process.
 */
const answerSupervisor: StartAdmin = async ({ port, metrics, checks, writeChecks }) => {
  const answers = {
    alive: () => true as const,
    failing: () => failing(checks),
    failingWrites: () => failing({ ...checks, ...writeChecks }),
    metrics: () => metrics.getMetricsAsJSON(),
  };
  const onMessage = async ({ id, ask }: QueryMessage) =>
    sendToSupervisor({ kind: 'answer', id, answer: await answers[ask]() });
  process.on('message', onMessage);
  return { port, close: async () => void process.off('message', onMessage) };
};

const sendToSupervisor = (message: ProcessMessage): void => void process.send?.(message);
