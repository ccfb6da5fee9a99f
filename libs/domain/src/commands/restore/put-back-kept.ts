import type { Tx } from '@core/db';
import type { Kept } from './kept.ts';

export interface PutBack {
  requests: number;
  tombstones: number;
  /** Of the requests: shops that the worker has to redact again. */
  shops: number;
}

/**
 * Inserts the kept rows that a restored database lacks. A shop's redaction comes back as one that waits, with the name
 * of its shop alone: the shop is in the backup, and so are its keys.
 */
export async function putBackKept(tx: Tx, { requests, tombstones }: Kept): Promise<PutBack> {
  const put = await tx.query<{ kind: string }>(
    `insert into privacy_requests (merchant_id, request_id, kind, customer_id, named_email, named_external_id,
                                   receipt, received_at, due_at, completed_at)
     select "merchantId", "requestId", kind, "customerId", decode("namedEmail", 'hex'),
            decode("namedExternalId", 'hex'),
            case when kind <> 'shop_redact' then receipt
                 when receipt ? 'shop' then jsonb_build_object('shop', receipt -> 'shop') else '{}' end,
            "receivedAt", "dueAt", case when kind <> 'shop_redact' then "completedAt" end
       from jsonb_to_recordset($1::jsonb) as kept (
            "merchantId" uuid, "requestId" text, kind text, "customerId" uuid, "namedEmail" text,
            "namedExternalId" text, receipt jsonb, "receivedAt" timestamptz, "dueAt" timestamptz,
            "completedAt" timestamptz)
     on conflict do nothing returning kind`,
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
    shops: put.filter(({ kind }) => kind === 'shop_redact').length,
  };
}
