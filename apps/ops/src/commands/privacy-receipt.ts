import { databaseEnv, inTransaction, type Pool } from '@core/db';
import { getErasureReceipt } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { printable, table } from '../cli/print.ts';
import { REQUEST_OPTIONS, requestOf } from '../privacy/options.ts';
import { requestJson } from '../privacy/present.ts';
import { withRequest } from '../privacy/with-request.ts';

export const privacyReceipt = defineCommand({
  name: 'privacy receipt',
  does: 'print the receipt of an erasure: each place that was searched, and what was removed',
  details: 'The receipt contains no personal data and may be passed on.',
  options: REQUEST_OPTIONS,
  env: databaseEnv,
  run: ({ values, env }) => {
    const ref = requestOf(values, env);
    const work = async (pool: Pool) => {
      const { request, completedAt, places } = await inTransaction(pool, (tx) => getErasureReceipt(tx, ref));
      return {
        json: { ...requestJson(request), places },
        lines: [
          `${request.kind} ${printable(request.requestId)}, completed ${completedAt.toISOString()}`,
          `customer ${request.customerId ?? '-'}`,
          '',
          ...table(
            ['place', 'found', 'removed', 'remark'],
            places.map(({ place, found, removed, remark }) => [
              place,
              found,
              removed.join(', ') || '-',
              remark,
            ]),
          ),
        ],
      };
    };
    return withRequest(env, ref, work, 'erasure');
  },
});
