import type { Reader } from '@core/db';
import { cutPage, untilPageIsFull, type PageTokens, type Sized } from '../core/index.ts';
import { auditIdsOf } from './audit-ids.ts';

export interface AuditLogEntry {
  id: string;
  actor: string;
  action: string;
  customerId: string | null;
  /** Several customers whom the row names instead; empty otherwise. */
  customerIds: string[];
  detail: Record<string, unknown>;
  requestId: string;
  occurredAt: Date;
}

export interface ListAuditLog {
  merchantId: string;
  /** Only rows that name this customer, alone or among others. */
  customerId?: string | undefined;
  /** 1-1,000; 0 means 100. Large rows make a page shorter. */
  pageSize: number;
  pageToken: string;
}

const DEFAULT_PAGE_SIZE = 100;

/** SQL for the bytes of a row, whose ids are 36 characters each. */
const BYTES = `octet_length(concat(actor, action, "requestId", detail)) + 36 * cardinality("customerIds")`;

/** Who did what, newest first, by the ids' order of time. @throws CoreError invalid_argument naming page_token */
export async function listAuditLog(
  reader: Reader,
  tokens: PageTokens,
  { merchantId, customerId, pageSize, pageToken }: ListAuditLog,
): Promise<{ entries: AuditLogEntry[]; nextPageToken: string }> {
  const list = ['audit', merchantId, customerId ?? null];
  const [before = null] = tokens.read(pageToken, list) ?? [];
  const size = pageSize || DEFAULT_PAGE_SIZE;
  // Two statements rather than one with an `or`: each has its index.
  const whose =
    customerId === undefined
      ? 'and ($2::uuid is null or id < $2)'
      : `and id in (${auditIdsOf({ merchant: '$1', customers: '$4', before: '$2', most: '$3' })})`;
  const rows = await reader.query<AuditLogEntry & Sized & Record<string, unknown>>(
    untilPageIsFull(
      `select id, actor, action, customer_id as "customerId", coalesce(customer_ids, '{}') as "customerIds", detail,
              request_id as "requestId", occurred_at as "occurredAt"
         from audit_log
        where merchant_id = $1 ${whose}
        order by id desc limit $3`,
      BYTES,
      'id desc',
    ),
    [merchantId, before, size + 1, ...(customerId === undefined ? [] : [[customerId]])],
  );
  const { page, more } = cutPage(rows, size);
  const last = more ? page.at(-1) : undefined;
  return { entries: page, nextPageToken: last ? tokens.make(list, [last.id]) : '' };
}
