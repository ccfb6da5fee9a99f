import cluster from 'node:cluster';
import { runApp } from '@core/runtime';
import { startApi } from './api.ts';
import { apiEnv } from './config.ts';
import { runProcess } from './processes/run-process.ts';
import { countProcesses, supervise } from './processes/supervise.ts';

await runApp('api', apiEnv, async (app) => {
  const size = countProcesses(app.env.CORE_API_PROCESSES);
  if (cluster.isWorker) await runProcess(app);
  else if (size > 1) await supervise(app, size);
  else await startApi(app);
});
