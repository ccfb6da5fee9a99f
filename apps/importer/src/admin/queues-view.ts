import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { Queue } from 'bullmq';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { AdminRoute } from '@core/runtime';
import { PAGES_QUEUE } from '../queues.ts';
import type { Redis } from '../redis.ts';
import { SCHEDULES_QUEUE } from '../schedules/scheduler-jobs.ts';
import { queryProblem } from './query-problem.ts';

export const QUEUES_PATH = '/queues';
const QUEUES = [PAGES_QUEUE, SCHEDULES_QUEUE];

export interface QueuesViewOptions {
  /** A connection whose commands fail immediately while Redis is unavailable. */
  connection: Redis;
  /** The directory of main. The view's files are next to the bundle, or in the checkout's node_modules. */
  mainDir: string;
  onError: (error: unknown) => void;
}

/**
 * Serves Bull Board, read-only. The jobs in Redis are a schedule derived from PostgreSQL. A job that a person
 * retries, promotes or removes there would have no effect or come back, so an operator acts on the import
 * instead. The view is created at the first visit: most importers are never visited.
 */
export function createQueuesView(options: QueuesViewOptions): AdminRoute {
  let app: ReturnType<typeof createApp> | undefined;
  return (req, res) => {
    // Checked before Bull Board, whose "pause all" answers 200 even on a read-only board.
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('allow', 'GET, HEAD');
      return refuse(res, 405, 'This view is read-only. Change the import instead: npm run ops -- import');
    }
    const problem = queryProblem(req.url ?? '', QUEUES);
    if (problem) return refuse(res, 400, problem);
    // BullMQ would wait for Redis and block the request.
    if (options.connection.status !== 'ready') return refuse(res, 503, 'Redis is unavailable');
    app ??= createApp(options);
    app(req, res);
  };
}

const refuse = (res: ServerResponse, status: number, error: string): void => {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
};

/** Blocks all external resources: Bull Board's page requests fonts from a third-party server. */
const HEADERS = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; form-action 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

function createApp({ connection, mainDir, onError }: QueuesViewOptions) {
  const queues = QUEUES.map((name) => {
    // The view reads the queue and must leave no trace in it.
    const queue = new Queue(name, { connection, skipMetasUpdate: true, skipVersionCheck: true });
    queue.on('error', onError);
    return new BullMQAdapter(queue, { readOnlyMode: true });
  });
  const beside = join(mainDir, 'queues-ui');
  const ui = existsSync(beside) ? beside : join(mainDir, '../../../node_modules/@bull-board/ui');
  const board = new ExpressAdapter();
  board.setBasePath(QUEUES_PATH);
  createBullBoard({
    queues,
    serverAdapter: board,
    options: { uiBasePath: ui, uiConfig: { boardTitle: 'Imports' } },
  });
  const app = express();
  app.disable('x-powered-by');
  app.use((_req, res, next) => {
    res.set(HEADERS);
    next();
  });
  app.use(QUEUES_PATH, board.getRouter());
  // Express recognizes an error handler by its four parameters.
  app.use((error: unknown, _req: Request, res: Response, next: NextFunction) => {
    onError(error);
    if (res.headersSent) return next(error);
    res.status(500).json({ error: 'internal' });
  });
  return app;
}
