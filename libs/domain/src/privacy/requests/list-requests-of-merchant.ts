import { and, asc, desc, eq, sql, type SQL } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { build, instantOf, limit, nullable, privacyRequests, statement, text, type Reader } from '@core/db';
import { keysetPage, rfc3339, type PageOf, type Pages } from '../../core/index.ts';
import { IS_OPEN, REQUEST, type PrivacyRequest, type PrivacyRequestKind } from './privacy-requests.ts';

export interface ListRequestsOfMerchant extends PageOf {
  merchantId: MerchantId;
  /** Leaves out requests that are done or cancelled. */
  openOnly: boolean;
  /** Absent: all kinds. */
  kind?: PrivacyRequestKind | undefined;
}

const { dueAt, requestId } = privacyRequests;
const PARAMS = {
  merchantId: privacyRequests.merchantId,
  kind: nullable(privacyRequests.kind),
  afterDue: nullable(instantOf),
  afterId: text,
  most: limit,
};

// A merchant has few requests: they are found by the primary key, and sorted.
const list = (order: typeof asc, follows: SQL, which: SQL) =>
  statement({
    params: PARAMS,
    // A Date would cut off the microseconds of the key.
    row: { ...REQUEST, due: rfc3339(dueAt) },
    text: (p, row) =>
      build
        .select(row)
        .from(privacyRequests)
        .where(
          and(
            eq(privacyRequests.merchantId, p.merchantId),
            which,
            sql`(${p.kind} is null or ${privacyRequests.kind} = ${p.kind})`,
            sql`(${p.afterDue} is null or (${dueAt}, ${requestId}) ${follows} (${p.afterDue}, ${p.afterId}))`,
          ),
        )
        .orderBy(order(dueAt), order(requestId))
        .limit(p.most),
  });
const LIST_OPEN = list(asc, sql`>`, sql`(${IS_OPEN})`);
const LIST_ALL = list(desc, sql`<`, sql`true`);

/**
 * Lists the requests of a merchant by their due date: open ones with the most urgent first, all of them with
 * the newest first.
 * @throws CoreError invalid_argument naming page_token
 */
export async function listRequestsOfMerchant(
  reader: Reader,
  pages: Pages,
  { merchantId, openOnly, kind, ...asked }: ListRequestsOfMerchant,
): Promise<{ requests: PrivacyRequest[]; nextPageToken: string }> {
  const page = keysetPage<[string, string]>(
    pages,
    ['privacy_requests', merchantId, openOnly, kind ?? null],
    asked,
  );
  const [afterDue = null, afterId = ''] = page.after ?? [];
  const read = await reader.run(openOnly ? LIST_OPEN : LIST_ALL, {
    merchantId,
    kind: kind ?? null,
    afterDue,
    afterId,
    most: page.most,
  });
  const { rows, nextPageToken } = page.cut(read, ({ due, requestId: id }) => [due, id]);
  return { requests: rows, nextPageToken };
}
