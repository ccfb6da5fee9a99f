import { databaseEnv, inTransaction } from '@core/db';
import { getPrivacyRequest } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { REQUEST_OPTIONS, requestOf } from '../privacy/options.ts';
import { requestJson, requestLines } from '../privacy/present.ts';
import { withRequest } from '../privacy/with-request.ts';

export const privacyShow = defineCommand({
  name: 'privacy show',
  does: 'print a privacy request of a person or a shop: its kind, due date and state',
  options: REQUEST_OPTIONS,
  env: databaseEnv,
  run: ({ values, env }) => {
    const ref = requestOf(values, env);
    return withRequest(env, ref, async (pool) => {
      const request = await inTransaction(pool, (tx) => getPrivacyRequest(tx, ref));
      return { json: requestJson(request), lines: requestLines(request) };
    });
  },
});
