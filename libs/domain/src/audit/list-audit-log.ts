import { eq, inArray, sql, type SQL } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import {
  auditLog,
  columns,
  customers,
  int,
  many,
  nullable,
  statement,
  type Placeholders,
  type Reader,
  type RowOf,
} from '@core/db';
import { keysetPage, selectUntilPageIsFull, type PageOf, type Pages } from '../core/index.ts';
import { auditIds } from './audit-ids.ts';

const ENTRY = {
  id: auditLog.id,
  actor: auditLog.actor,
  action: auditLog.action,
  customerId: auditLog.customerId,
  /** Several customers whom the row names instead; empty otherwise. */
  customerIds: sql<CustomerId[]>`coalesce(${auditLog.customerIds}, '{}')`,
  detail: auditLog.detail,
  requestId: auditLog.requestId,
  occurredAt: auditLog.occurredAt,
};

export type AuditLogEntry = RowOf<typeof ENTRY>;

export interface ListAuditLog extends PageOf {
  merchantId: MerchantId;
  /** Only rows that name this customer, alone or among others. */
  customerId?: CustomerId | undefined;
}

const PAGE = { merchantId: auditLog.merchantId, before: nullable(auditLog.id), most: int };

const selectPage = ({ merchantId, most }: Placeholders<typeof PAGE>, whose: SQL) =>
  selectUntilPageIsFull(
    ENTRY,
    sql`select ${columns(ENTRY)} from ${auditLog}
         where ${eq(auditLog.merchantId, merchantId)} and ${whose}
         order by ${auditLog.id} desc limit ${most}`,
    {
      // The ids are 36 characters each.
      bytes: ({ actor, action, requestId, detail, customerIds }) =>
        sql`octet_length(concat(${actor}, ${action}, ${requestId}, ${detail})) + 36 * cardinality(${customerIds})`,
      order: ({ id }) => sql`${id} desc`,
    },
  );

// Two statements rather than one with an `or`: each has its index.
const LIST = statement({
  params: PAGE,
  text: (p) => selectPage(p, sql`(${p.before} is null or ${auditLog.id} < ${p.before})`),
});

const LIST_OF_CUSTOMER = statement({
  params: { ...PAGE, customerIds: many(customers.id) },
  text: (p) => selectPage(p, inArray(auditLog.id, sql`(${auditIds(p)})`)),
});

/** Audit entries, newest first: ids sort by time. @throws CoreError invalid_argument naming page_token */
export async function listAuditLog(
  reader: Reader,
  pages: Pages,
  { merchantId, customerId, ...asked }: ListAuditLog,
): Promise<{ entries: AuditLogEntry[]; nextPageToken: string }> {
  const page = keysetPage<[string]>(pages, ['audit', merchantId, customerId ?? null], asked);
  const which = { merchantId, before: page.after?.[0] ?? null, most: page.most };
  const rows =
    customerId === undefined
      ? await reader.run(LIST, which)
      : await reader.run(LIST_OF_CUSTOMER, { ...which, customerIds: [customerId] });
  const { rows: entries, nextPageToken } = page.cut(rows, ({ id }) => [id]);
  return { entries, nextPageToken };
}
