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
  /** One whose commands fail at once while Redis is away. */
  connection: Redis;
  /** Where main is: the view's own files lie beside the bundle, else in the checkout's node_modules. */
  mainDir: string;
  onError: (error: unknown) => void;
}

/**
 * Bull Board, read-only. The jobs in Redis are a schedule of what PostgreSQL says: a job that a person
 * retries, promotes or removes there would be void or come back, so an operator acts on the import instead.
 * The view is built at the first visit: most importers never have one.
 */
export function createQueuesView(options: QueuesViewOptions): AdminRoute {
  let app: ReturnType<typeof createApp> | undefined;
  return (req, res) => {
    // Before Bull Board, whose "pause all" answers 200 on a read-only board, too.
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('allow', 'GET, HEAD');
      return refuse(res, 405, 'read-only; whoever acts does so on imports: npm run ops -- import');
    }
    const problem = queryProblem(req.url ?? '', QUEUES);
    if (problem) return refuse(res, 400, problem);
    // BullMQ would wait for it, and the visitor with it.
    if (options.connection.status !== 'ready') return refuse(res, 503, 'Redis is away');
    app ??= createApp(options);
    app(req, res);
  };
}

const refuse = (res: ServerResponse, status: number, error: string): void => {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
};

/** Nothing from elsewhere: Bull Board's view asks a font server of others for its letters. */
const HEADERS = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; form-action 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

function createApp({ connection, mainDir, onError }: QueuesViewOptions) {
  const queues = QUEUES.map((name) => {
    // It looks at the queue and leaves no trace in it.
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
  // Its four parameters tell Express that it is for errors.
  app.use((error: unknown, _req: Request, res: Response, next: NextFunction) => {
    onError(error);
    if (res.headersSent) return next(error);
    res.status(500).json({ error: 'internal' });
  });
  return app;
}
