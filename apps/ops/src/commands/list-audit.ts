import { databaseEnv, inTransaction, type Reader } from '@core/db';
import { listAuditLog, type AuditLogEntry, type ListAuditLog } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { integerOr, customerId, text } from '../cli/option.ts';
import { count, printable, table } from '../cli/print.ts';
import { UNSIGNED_PAGES } from '../cli/unsigned-pages.ts';
import { assertMerchantIsKnown } from '../connect/assert-merchant.ts';
import { withDatabase } from '../connect/with-database.ts';
import { MERCHANT_OPTIONS, merchantOf } from '../imports/options.ts';
import { assertCustomers } from '../outbox/assert-customers.ts';

export const listAudit = defineCommand({
  name: 'audit list',
  does: 'list who did what for a merchant or with a customer, newest first',
  details: `
Rows contain ids, field names and counts, never stored values. An update of many customers' scores is one row,
without a customer. The emails that one response disclosed are one row: the table shows the number of
customers, --json shows their ids. The rpc ListAuditLog returns the same rows page by page.`,
  options: {
    ...MERCHANT_OPTIONS,
    customer: customerId('only rows that name this customer, alone or among others'),
    action: text('<action>', 'only rows of this action, such as customer.update or privacy.export'),
    limit: integerOr(50, 'maximum number of rows', { min: 1, max: 10_000 }),
  },
  env: databaseEnv,
  run: ({ values, env }) => {
    const merchantId = merchantOf(values, env);
    return withDatabase(
      env,
      async (pool) => {
        const of = { merchantId, customerId: values.customer, action: values.action };
        const entries = await inTransaction(pool, (tx) => newest(tx, of, values.limit), { merchantId });
        if (entries.length === 0 && values.customer) {
          await inTransaction(
            pool,
            (tx) =>
              assertCustomers(tx, { merchantId, customerIds: values.customer ? [values.customer] : [] }),
            { merchantId },
          );
        } else if (entries.length === 0 && values.merchant) await assertMerchantIsKnown(pool, merchantId);
        return {
          json: {
            entries: entries.map((entry) => ({
              id: entry.id,
              occurred_at: entry.occurredAt,
              actor: entry.actor,
              action: entry.action,
              customer_id: entry.customerId,
              customer_ids: entry.customerIds,
              detail: entry.detail,
              request_id: entry.requestId,
            })),
          },
          lines:
            entries.length === 0
              ? ['no audit rows']
              : table(
                  ['when', 'who', 'what', 'customer', 'detail', 'request'],
                  entries.map((entry) => [
                    entry.occurredAt.toISOString(),
                    printable(entry.actor),
                    entry.action,
                    customersOf(entry),
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

/**
 * Reads the newest `limit` entries. Pages are read in a loop, because a page of large entries contains fewer.
 */
async function newest(
  reader: Reader,
  of: Pick<ListAuditLog, 'merchantId' | 'customerId' | 'action'>,
  limit: number,
): Promise<AuditLogEntry[]> {
  const entries: AuditLogEntry[] = [];
  let pageToken = '';
  do {
    const page = await listAuditLog(reader, UNSIGNED_PAGES, {
      ...of,
      pageSize: limit - entries.length,
      pageToken,
    });
    entries.push(...page.entries);
    pageToken = page.nextPageToken;
  } while (pageToken && entries.length < limit);
  return entries;
}

const customersOf = ({ customerId, customerIds }: AuditLogEntry): string =>
  customerIds.length > 0 ? count(customerIds.length, 'customer') : (customerId ?? '');
