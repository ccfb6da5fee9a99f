import { appendAudit, type Tx } from '@core/db';
import { invalid, notFound } from '@core/runtime';
import type { CommandContext } from '../../context.ts';
import { readPersonalData, type PersonalData } from '../../queries/privacy-data.ts';

export interface ExportCustomerData {
  merchantId: string;
  /** Absent: the request names the person. */
  customerId?: string | undefined;
  /** The data_request that this answers. */
  requestId?: string | undefined;
}

export interface CustomerExport {
  /** JSON values, by place. */
  data: PersonalData;
  exportedAt: Date;
}

/**
 * Everything held on a person, for the store owner; each time is on record. One that names a data_request answers it,
 * with a receipt of what was handed over; of a person who was unknown, or has been erased since, that is nothing.
 * @throws CoreError not_found: the person, or the request; invalid_argument when neither is named, or the request is of
 *   another kind or person
 */
export async function exportCustomerData(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, customerId, requestId }: ExportCustomerData,
): Promise<CustomerExport> {
  if (!customerId && !requestId) throw invalid('customer_id', 'or request_id must name the person');
  const request = requestId ? await lockRequest(tx, merchantId, requestId) : undefined;
  if (customerId && request?.customerId && request.customerId !== customerId) {
    throw invalid('customer_id', 'is not the person whom the request is about');
  }
  const subject = customerId ?? request?.customerId ?? undefined;
  const held = subject ? await readPersonalData(tx, ctx, { merchantId, customerId: subject }) : null;
  // Named by the caller: whom they ask for is not here. Named by the request: there is nothing to tell any more.
  if (!held && customerId) throw notFound('customer');
  const data = held ?? {};
  const places = Object.entries(data).map(([place, rows]) => ({
    place,
    found: rows.length,
    removed: [],
    remark: 'handed over',
  }));
  if (request && requestId)
    await answer(tx, { merchantId, requestId }, { customerId: subject ?? null, places });
  await appendAudit(tx, ctx, {
    merchantId,
    customerId: held ? subject : undefined,
    action: 'privacy.export',
    detail: {
      ...(requestId ? { request_id: requestId } : {}),
      rows: Object.fromEntries(places.map(({ place, found }) => [place, found])),
    },
  });
  return { data, exportedAt: new Date() };
}

async function lockRequest(tx: Tx, merchantId: string, requestId: string) {
  const [request] = await tx.query<{ kind: string; customerId: string | null }>(
    `select kind, customer_id as "customerId" from privacy_requests
      where merchant_id = $1 and request_id = $2 for update`,
    [merchantId, requestId],
  );
  if (!request) throw notFound('privacy request');
  if (request.kind !== 'data_request') throw invalid('request_id', 'is not that of a data_request');
  return request;
}

/** The first answer counts: a later export of the same request is on record in the audit log alone. */
const answer = async (
  tx: Tx,
  { merchantId, requestId }: { merchantId: string; requestId: string },
  receipt: object,
): Promise<void> => {
  await tx.query(
    `update privacy_requests set receipt = $3, completed_at = now()
      where merchant_id = $1 and request_id = $2 and completed_at is null`,
    [merchantId, requestId, JSON.stringify(receipt)],
  );
};
