import { asc, gte, isNull, or, sql, type Column, type SQL } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { build, erasureTombstones, instantOf, privacyRequests, statement, type Reader } from '@core/db';
import { rfc3339 } from '../../core/index.ts';
import type { PrivacyRequestKind } from '../requests/privacy-requests.ts';

/** Rows of privacy_requests without personal data; times as RFC 3339, hashes in hex. */
export interface KeptRequest {
  merchantId: MerchantId;
  requestId: string;
  kind: PrivacyRequestKind;
  customerId: CustomerId | null;
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
  merchantId: MerchantId;
  kind: 'email' | 'external_id';
  hash: string;
  requestId: string;
  erasedAt: string;
}

/** Data that a restored backup lacks: the erasures and requests since it was taken. */
export interface Kept {
  requests: KeptRequest[];
  tombstones: KeptTombstone[];
}

type TextOf<C extends Column> = C['_']['notNull'] extends true ? string : string | null;
const hex = <C extends Column>(hash: C): SQL<TextOf<C>> => sql`encode(${hash}, 'hex')`;

const READ_REQUESTS = statement({
  crosses: 'restore',
  params: { since: instantOf },
  row: {
    merchantId: privacyRequests.merchantId,
    requestId: privacyRequests.requestId,
    kind: privacyRequests.kind,
    customerId: privacyRequests.customerId,
    namedEmail: hex(privacyRequests.namedEmail),
    namedExternalId: hex(privacyRequests.namedExternalId),
    receipt: privacyRequests.receipt,
    receivedAt: rfc3339(privacyRequests.receivedAt),
    dueAt: rfc3339(privacyRequests.dueAt),
    completedAt: rfc3339(privacyRequests.completedAt),
    confirmedAt: rfc3339(privacyRequests.confirmedAt),
    cancelledAt: rfc3339(privacyRequests.cancelledAt),
    cancelReason: privacyRequests.cancelReason,
  },
  text: (p, row) =>
    build
      .select(row)
      .from(privacyRequests)
      .where(
        or(
          gte(privacyRequests.receivedAt, p.since),
          gte(privacyRequests.completedAt, p.since),
          isNull(privacyRequests.completedAt),
        ),
      )
      .orderBy(asc(privacyRequests.merchantId), asc(privacyRequests.requestId)),
});

const READ_TOMBSTONES = statement({
  crosses: 'restore',
  params: { since: instantOf },
  row: {
    merchantId: erasureTombstones.merchantId,
    kind: erasureTombstones.kind,
    hash: hex(erasureTombstones.hash),
    requestId: erasureTombstones.requestId,
    erasedAt: rfc3339(erasureTombstones.erasedAt),
  },
  text: (p, row) =>
    build
      .select(row)
      .from(erasureTombstones)
      .where(gte(erasureTombstones.erasedAt, p.since))
      .orderBy(asc(erasureTombstones.merchantId), asc(erasureTombstones.kind), asc(erasureTombstones.hash)),
});

/**
 * Reads pending requests, requests received or completed since then, and tombstones written since then. All
 * are few: one for each person who made a request.
 */
export async function readKept(reader: Reader, { since }: { since: string }): Promise<Kept> {
  return {
    requests: await reader.run(READ_REQUESTS, { since }),
    tombstones: await reader.run(READ_TOMBSTONES, { since }),
  };
}
