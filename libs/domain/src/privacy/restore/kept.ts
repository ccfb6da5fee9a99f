import type { Reader } from '@core/db';
import type { PrivacyRequestKind } from '../requests/privacy-requests.ts';

/** Rows of privacy_requests without personal data; times as RFC 3339, hashes in hex. */
export interface KeptRequest {
  merchantId: string;
  requestId: string;
  kind: PrivacyRequestKind;
  customerId: string | null;
  namedEmail: string | null;
  namedExternalId: string | null;
  receipt: Record<string, unknown>;
  receivedAt: string;
  dueAt: string;
  completedAt: string | null;
  /** shop_redact only; absent in copies of earlier builds. */
  confirmedAt?: string | null;
  cancelledAt?: string | null;
  cancelReason?: string | null;
}

/** Rows of erasure_tombstones. */
export interface KeptTombstone {
  merchantId: string;
  kind: 'email' | 'external_id';
  hash: string;
  requestId: string;
  erasedAt: string;
}

/** Data that a restored backup lacks: the erasures and the requests since it was taken. */
export interface Kept {
  requests: KeptRequest[];
  tombstones: KeptTombstone[];
}

const INSTANT = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/**
 * Requests received or done since, and tombstones written since. Both are few: one for each person who asked.
 */
export async function readKept(reader: Reader, since: string): Promise<Kept> {
  return {
    requests: await reader.query<KeptRequest & Record<string, unknown>>(
      `select merchant_id as "merchantId", request_id as "requestId", kind, customer_id as "customerId",
              encode(named_email, 'hex') as "namedEmail", encode(named_external_id, 'hex') as "namedExternalId",
              receipt, ${INSTANT('received_at')} as "receivedAt", ${INSTANT('due_at')} as "dueAt",
              ${INSTANT('completed_at')} as "completedAt", ${INSTANT('confirmed_at')} as "confirmedAt",
              ${INSTANT('cancelled_at')} as "cancelledAt", cancel_reason as "cancelReason"
         from privacy_requests
        where received_at >= $1::timestamptz or completed_at >= $1::timestamptz or completed_at is null
        order by merchant_id, request_id`,
      [since],
    ),
    tombstones: await reader.query<KeptTombstone & Record<string, unknown>>(
      `select merchant_id as "merchantId", kind, encode(hash, 'hex') as hash, request_id as "requestId",
              ${INSTANT('erased_at')} as "erasedAt"
         from erasure_tombstones where erased_at >= $1::timestamptz order by merchant_id, kind, hash`,
      [since],
    ),
  };
}
