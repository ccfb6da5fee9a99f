import type { Reader } from '@core/db';
import type { PageTokens } from './page-token.ts';

export interface AuditLogEntry {
  id: string;
  actor: string;
  action: string;
  customerId: string | null;
  detail: Record<string, unknown>;
  requestId: string;
  occurredAt: Date;
}

export interface ListAuditLog {
  merchantId: string;
  /** Of this customer alone. */
  customerId?: string | undefined;
  /** 1-1,000; 0 means 100. */
  pageSize: number;
  pageToken: string;
}

const DEFAULT_PAGE_SIZE = 100;

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
  const whose = customerId === undefined ? '' : 'and customer_id = $4';
  const entries = await reader.query<AuditLogEntry & Record<string, unknown>>(
    `select id, actor, action, customer_id as "customerId", detail, request_id as "requestId",
            occurred_at as "occurredAt"
       from audit_log
      where merchant_id = $1 and ($2::uuid is null or id < $2) ${whose}
      order by id desc limit $3`,
    [merchantId, before, size + 1, ...(customerId === undefined ? [] : [customerId])],
  );
  const page = entries.slice(0, size);
  const last = page.at(-1);
  return { entries: page, nextPageToken: last && entries.length > size ? tokens.make(list, [last.id]) : '' };
}
