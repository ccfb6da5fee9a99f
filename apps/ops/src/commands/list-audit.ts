import { databaseEnv, inTransaction, type Reader } from '@core/db';
import { listAuditLog, type AuditLogEntry, type ListAuditLog } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { integerOr, customerId } from '../cli/option.ts';
import { count, printable, table } from '../cli/print.ts';
import { UNSIGNED } from '../cli/unsigned-pages.ts';
import { assertMerchantIsKnown } from '../connect/assert-merchant.ts';
import { withDatabase } from '../connect/with-database.ts';
import { MERCHANT_OPTIONS, merchantOf } from '../imports/options.ts';
import { assertCustomers } from '../outbox/assert-customers.ts';

export const listAudit = defineCommand({
  name: 'audit list',
  does: 'who did what for a merchant or with a customer, the newest first',
  details: `
Rows hold ids, names of fields and counts, never what was stored. Scores of many customers at once are one row, without a
customer. Emails that one reply disclosed are one row: the table counts its customers, --json names them. ListAuditLog
gives callers the same, page by page.`,
  options: {
    ...MERCHANT_OPTIONS,
    customer: customerId('with this customer, alone or among others'),
    limit: integerOr(50, 'at most so many', { min: 1, max: 10_000 }),
  },
  env: databaseEnv,
  run: ({ values, env }) => {
    const merchantId = merchantOf(values, env);
    return withDatabase(
      env,
      async (pool) => {
        const of = { merchantId, customerId: values.customer };
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
              ? ['nothing']
              : table(
                  ['when', 'who', 'what', 'customer', 'detail', 'request'],
                  entries.map((entry) => [
                    entry.occurredAt.toISOString(),
                    printable(entry.actor),
                    entry.action,
                    whom(entry),
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

/** The newest `limit` entries: a page of large ones ends sooner. */
async function newest(
  reader: Reader,
  of: Pick<ListAuditLog, 'merchantId' | 'customerId'>,
  limit: number,
): Promise<AuditLogEntry[]> {
  const entries: AuditLogEntry[] = [];
  let pageToken = '';
  do {
    const page = await listAuditLog(reader, UNSIGNED, { ...of, pageSize: limit - entries.length, pageToken });
    entries.push(...page.entries);
    pageToken = page.nextPageToken;
  } while (pageToken && entries.length < limit);
  return entries;
}

const whom = ({ customerId, customerIds }: AuditLogEntry): string =>
  customerIds.length > 0 ? count(customerIds.length, 'customer') : (customerId ?? '');
