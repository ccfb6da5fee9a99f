import { databaseEnv, inTransaction } from '@core/db';
import { getPrivacyRequest } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { printable } from '../cli/print.ts';
import { withDatabase } from '../connect/with-database.ts';
import { REQUEST_OPTIONS, requestOf } from '../privacy/options.ts';
import { leftOf, requestJson, stateOf } from '../privacy/present.ts';

export const privacyShow = defineCommand({
  name: 'privacy show',
  does: 'print a request of a person or a shop: what was asked, when it is due',
  options: REQUEST_OPTIONS,
  env: databaseEnv,
  run: ({ values, env }) => {
    const ref = requestOf(values, env);
    return withDatabase(env, async (pool) => {
      const request = await inTransaction(pool, (tx) => getPrivacyRequest(tx, ref));
      return {
        json: requestJson(request),
        lines: [
          `${request.kind} ${printable(request.requestId)}: ${stateOf(request)}`,
          `merchant   ${request.merchantId}`,
          `customer   ${request.customerId ?? '-'}`,
          `received   ${request.receivedAt.toISOString()}`,
          `due        ${request.dueAt.toISOString()} (${leftOf(request)})`,
          `completed  ${request.completedAt?.toISOString() ?? '-'}`,
        ],
      };
    });
  },
});
