import { databaseEnv, inTransaction } from '@core/db';
import { listAuditLog } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { FIRST_PAGE } from '../cli/first-page.ts';
import { integerOr, uuid } from '../cli/option.ts';
import { printable, table } from '../cli/print.ts';
import { withDatabase } from '../connect/with-database.ts';
import { MERCHANT_OPTIONS, merchantOf } from '../imports/options.ts';

export const listAudit = defineCommand({
  name: 'audit list',
  does: 'who did what for a merchant or with a customer, the newest first',
  details: `
Rows hold ids, names of fields and counts, never what was stored. Scores of many customers at once are one row, without a
customer. ListAuditLog gives callers the same, page by page.`,
  options: {
    ...MERCHANT_OPTIONS,
    customer: uuid('with this customer alone'),
    limit: integerOr(50, 'at most so many', { min: 1, max: 10_000 }),
  },
  env: databaseEnv,
  run: ({ values, env }) => {
    const merchantId = merchantOf(values, env);
    const page = { merchantId, customerId: values.customer, pageSize: values.limit, pageToken: '' };
    return withDatabase(
      env,
      async (pool) => {
        const { entries } = await inTransaction(pool, (tx) => listAuditLog(tx, FIRST_PAGE, page), {
          merchantId,
        });
        return {
          json: {
            entries: entries.map((entry) => ({
              id: entry.id,
              occurred_at: entry.occurredAt,
              actor: entry.actor,
              action: entry.action,
              customer_id: entry.customerId,
              detail: entry.detail,
              request_id: entry.requestId,
            })),
          },
          lines:
            entries.length === 0
              ? ['nothing']
              : table(
                  ['when', 'who', 'what', 'customer', 'detail', 'request'],
                  entries.map((entry) => [
                    entry.occurredAt.toISOString(),
                    printable(entry.actor),
                    entry.action,
                    entry.customerId ?? '',
                    printable(JSON.stringify(entry.detail)),
                    printable(entry.requestId),
                  ]),
                ),
        };
      },
      'core_api',
    );
  },
});
