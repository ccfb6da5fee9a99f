import { runApp } from '@core/runtime';
import { startApi } from './api.ts';
import { apiEnv } from './config.ts';

await runApp('api', apiEnv, async (app) => void (await startApi(app)));
