import { eq, inArray, sql, type SQL } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import {
  auditLog,
  columns,
  customers,
  instantOf,
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
  /** The customers that the row names instead, when there are several; empty otherwise. */
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
  /** Only rows of this action, such as `customer.update`. */
  action?: string | undefined;
  actor?: string | undefined;
  /** RFC 3339. */
  occurredFrom?: string | undefined;
  /** RFC 3339; exclusive. */
  occurredBefore?: string | undefined;
}

const PAGE = { merchantId: auditLog.merchantId, before: nullable(auditLog.id), most: int };

const selectPage = ({ merchantId, most }: Placeholders<typeof PAGE>, which: SQL) =>
  selectUntilPageIsFull(
    ENTRY,
    sql`select ${columns(ENTRY)} from ${auditLog}
         where ${eq(auditLog.merchantId, merchantId)} and ${which}
         order by ${auditLog.id} desc limit ${most}`,
    {
      // Each id has 36 characters.
      bytes: ({ actor, action, requestId, detail, customerIds }) =>
        sql`octet_length(concat(${actor}, ${action}, ${requestId}, ${detail})) + 36 * cardinality(${customerIds})`,
      order: ({ id }) => sql`${id} desc`,
    },
  );

const isBefore = ({ before }: Pick<Placeholders<typeof PAGE>, 'before'>) =>
  sql`(${before} is null or ${auditLog.id} < ${before})`;

// Separate statements rather than one with an `or`: each of the first two has its index. The third one reads
// the merchant's log backwards until the page is full, because no index has these columns: people filter by
// them, rarely.
const LIST = statement({ params: PAGE, text: (p) => selectPage(p, isBefore(p)) });

const LIST_OF_CUSTOMER = statement({
  params: { ...PAGE, customerIds: many(customers.id) },
  text: (p) => selectPage(p, inArray(auditLog.id, sql`(${auditIds(p)})`)),
});

const LIST_FILTERED = statement({
  params: {
    ...PAGE,
    customerId: nullable(customers.id),
    actor: nullable(auditLog.actor),
    action: nullable(auditLog.action),
    occurredFrom: nullable(instantOf),
    occurredBefore: nullable(instantOf),
  },
  text: (p) =>
    selectPage(
      p,
      sql`${isBefore(p)}
          and (${p.actor} is null or ${auditLog.actor} = ${p.actor})
          and (${p.action} is null or ${auditLog.action} = ${p.action})
          and (${p.occurredFrom} is null or ${auditLog.occurredAt} >= ${p.occurredFrom})
          and (${p.occurredBefore} is null or ${auditLog.occurredAt} < ${p.occurredBefore})
          and (${p.customerId} is null or ${auditLog.customerId} = ${p.customerId}
               or ${p.customerId} = any(${auditLog.customerIds}))`,
    ),
});

/**
 * Returns audit entries, newest first: ids sort by time. @throws CoreError invalid_argument naming page_token
 */
export async function listAuditLog(
  reader: Reader,
  pages: Pages,
  { merchantId, customerId, actor, action, occurredFrom, occurredBefore, ...asked }: ListAuditLog,
): Promise<{ entries: AuditLogEntry[]; nextPageToken: string }> {
  const filter = { actor, action, occurredFrom, occurredBefore };
  const given = Object.values(filter).filter((each) => each !== undefined);
  const list = ['audit', merchantId, customerId ?? null, ...(given.length > 0 ? [filter] : [])];
  const page = keysetPage<[string]>(pages, list, asked);
  const which = { merchantId, before: page.after?.[0] ?? null, most: page.most };
  const read = () => {
    if (given.length > 0) {
      return reader.run(LIST_FILTERED, {
        ...which,
        customerId: customerId ?? null,
        actor: actor ?? null,
        action: action ?? null,
        occurredFrom: occurredFrom ?? null,
        occurredBefore: occurredBefore ?? null,
      });
    }
    return customerId === undefined
      ? reader.run(LIST, which)
      : reader.run(LIST_OF_CUSTOMER, { ...which, customerIds: [customerId] });
  };
  const { rows: entries, nextPageToken } = page.cut(await read(), ({ id }) => [id]);
  return { entries, nextPageToken };
}
