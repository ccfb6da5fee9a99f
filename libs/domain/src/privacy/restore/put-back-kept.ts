import type { Tx } from '@core/db';
import type { Kept } from './kept.ts';

export interface PutBack {
  requests: number;
  tombstones: number;
  /** The number of requests that are shops for the worker to redact again. */
  shops: number;
  /** Requests that wait in the backup and were cancelled after it was taken. */
  cancelled: number;
}

/**
 * Inserts the kept rows that a restored database lacks. A shop redaction is inserted as waiting, with only
 * the name of its shop: the backup contains the shop and its keys. A cancelled one stays cancelled.
 */
export async function putBackKept(tx: Tx, { requests, tombstones }: Kept): Promise<PutBack> {
  const put = await tx.query<{ kind: string; cancelled: boolean }>(
    `insert into privacy_requests (merchant_id, request_id, kind, customer_id, named_email, named_external_id,
                                   receipt, received_at, due_at, completed_at, confirmed_at, cancelled_at,
                                   cancel_reason)
     select "merchantId", "requestId", kind, "customerId", decode("namedEmail", 'hex'),
            decode("namedExternalId", 'hex'),
            case when kind <> 'shop_redact' then receipt
                 when receipt ? 'shop' then jsonb_build_object('shop', receipt -> 'shop') else '{}' end,
            "receivedAt", "dueAt", case when kind <> 'shop_redact' then "completedAt" end, "confirmedAt",
            "cancelledAt", "cancelReason"
       from jsonb_to_recordset($1::jsonb) as kept (
            "merchantId" uuid, "requestId" text, kind text, "customerId" uuid, "namedEmail" text,
            "namedExternalId" text, receipt jsonb, "receivedAt" timestamptz, "dueAt" timestamptz,
            "completedAt" timestamptz, "confirmedAt" timestamptz, "cancelledAt" timestamptz, "cancelReason" text)
     on conflict do nothing returning kind, cancelled_at is not null as cancelled`,
    [JSON.stringify(requests)],
  );
  const cancelled = await tx.query(
    `update privacy_requests request
        set cancelled_at = kept."cancelledAt", cancel_reason = kept."cancelReason"
       from jsonb_to_recordset($1::jsonb) as kept (
            "merchantId" uuid, "requestId" text, "cancelledAt" timestamptz, "cancelReason" text)
      where request.merchant_id = kept."merchantId" and request.request_id = kept."requestId"
        and request.completed_at is null and request.cancelled_at is null and kept."cancelledAt" is not null
     returning 1`,
    [JSON.stringify(requests)],
  );
  const marked = await tx.query(
    `insert into erasure_tombstones (merchant_id, kind, hash, request_id, erased_at)
     select "merchantId", kind, decode(hash, 'hex'), "requestId", "erasedAt"
       from jsonb_to_recordset($1::jsonb) as kept (
            "merchantId" uuid, kind text, hash text, "requestId" text, "erasedAt" timestamptz)
     on conflict do nothing returning 1`,
    [JSON.stringify(tombstones)],
  );
  return {
    requests: put.length,
    tombstones: marked.length,
    shops: put.filter(({ kind, cancelled: stopped }) => kind === 'shop_redact' && !stopped).length,
    cancelled: cancelled.length,
  };
}
