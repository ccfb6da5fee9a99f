import { FIRST_UUID, type Pool, type Reader } from '@core/db';
import { CoreError, notFound } from '@core/runtime';
import type { CancelReason } from './cancel-privacy-request.ts';
import { HELD } from './shop-redaction.ts';
import type { ErasedPlace } from './receipt.ts';

/** unknown: what or whose it is could not be read. */
export type PrivacyRequestKind = 'redact' | 'data_request' | 'shop_redact' | 'unknown';

/** Stands for the merchant of a request that names none. */
export const UNKNOWN_MERCHANT = FIRST_UUID;

export interface PrivacyRequest {
  merchantId: string;
  requestId: string;
  kind: PrivacyRequestKind;
  /** Null: nobody of that name is held here, it is a shop's, or a redact that waits. */
  customerId: string | null;
  receivedAt: Date;
  dueAt: Date;
  /** Null until it is done, and when it was cancelled. */
  completedAt: Date | null;
  /** shop_redact only: the earliest start; null until the worker has scheduled it, and for other kinds. */
  notBefore: Date | null;
  /** It arrived with many others, and an operator has to confirm it. */
  held: boolean;
  cancelledAt: Date | null;
  cancelReason: CancelReason | null;
  /** Why it could not be carried out as it was sent, such as "kind: must be one of redact, ..."; null: it could. */
  problem: string | null;
}

interface RequestRef {
  merchantId: string;
  requestId: string;
}

const COLUMNS = `merchant_id as "merchantId", request_id as "requestId", kind, customer_id as "customerId",
  received_at as "receivedAt", due_at as "dueAt", completed_at as "completedAt", not_before as "notBefore",
  ${HELD} and completed_at is null and cancelled_at is null as held,
  cancelled_at as "cancelledAt", cancel_reason as "cancelReason", receipt ->> 'problem' as problem`;

/** @throws CoreError not_found */
export async function getPrivacyRequest(
  reader: Reader,
  { merchantId, requestId }: RequestRef,
): Promise<PrivacyRequest> {
  return (await readOne(reader, { merchantId, requestId })).request;
}

/** Whether it was carried out before; false when it waits or is unknown. */
export async function isRequestDone(reader: Reader, { merchantId, requestId }: RequestRef): Promise<boolean> {
  const done = await reader.query(
    'select from privacy_requests where merchant_id = $1 and request_id = $2 and completed_at is not null',
    [merchantId, requestId],
  );
  return done.length > 0;
}

/**
 * Whether a request that could not be read may be written down under this id: it is free, or that of a request which
 * waits with a problem itself. Under any other nobody would see that this one waits.
 */
export async function mayWaitUnder(
  reader: Reader,
  { merchantId, requestId }: RequestRef,
  kind: PrivacyRequestKind,
): Promise<boolean> {
  const others = await reader.query(
    `select from privacy_requests
      where merchant_id = $1 and request_id = $2
        and (completed_at is not null or cancelled_at is not null or receipt ->> 'problem' is null
             or (kind <> $3 and 'unknown' not in (kind, $3)))`,
    [merchantId, requestId, kind],
  );
  return others.length === 0;
}

/**
 * What an erasure removed, place by place.
 * @throws CoreError not_found, also for a request that is not an erasure; failed_precondition while it is in
 *   progress, and when it was cancelled
 */
export async function getErasureReceipt(
  reader: Reader,
  ref: RequestRef,
): Promise<{ request: PrivacyRequest; completedAt: Date; places: ErasedPlace[] }> {
  const { request, places } = await readOne(reader, ref);
  if (request.kind === 'data_request') throw notFound('erasure receipt');
  const { completedAt, cancelReason } = request;
  if (cancelReason) {
    throw new CoreError(
      'failed_precondition',
      `privacy_request: it was cancelled (${cancelReason}), and is not done`,
    );
  }
  if (!completedAt) throw new CoreError('failed_precondition', 'privacy_request: it is still under way');
  return { request, completedAt, places };
}

async function readOne(reader: Reader, { merchantId, requestId }: RequestRef) {
  const [row] = await reader.query<PrivacyRequest & { receipt: { places?: ErasedPlace[] } }>(
    `select ${COLUMNS}, receipt from privacy_requests where merchant_id = $1 and request_id = $2`,
    [merchantId, requestId],
  );
  if (!row) throw notFound('privacy request');
  const { receipt, ...request } = row;
  // Receipts of the first build named no places.
  return { request, places: receipt.places ?? [] };
}

/** What is absent does not narrow. */
export interface ListPrivacyRequests {
  merchantId?: string | undefined;
  kind?: PrivacyRequestKind | undefined;
  /** Those that are not done, and came longer ago. */
  olderThanDays?: number | undefined;
  /** Includes requests that are done or cancelled. */
  all?: boolean | undefined;
  /** 1,000 unless given. */
  most?: number | undefined;
}

/** Of every merchant, for operators; the first due first. */
export const listPrivacyRequests = (
  reader: Reader,
  { merchantId, kind, olderThanDays, all = false, most = 1_000 }: ListPrivacyRequests,
): Promise<PrivacyRequest[]> =>
  reader.query<PrivacyRequest & Record<string, unknown>>(
    `select ${COLUMNS} from privacy_requests
      where ($1::uuid is null or merchant_id = $1) and ($2::int is null or received_at < now() - make_interval(days => $2))
        and ($3::bool or (completed_at is null and cancelled_at is null)) and ($5::text is null or kind = $5)
      order by due_at, request_id limit $4`,
    [merchantId ?? null, olderThanDays ?? null, all, most, kind ?? null],
  );

export interface PrivacyFigures {
  pending: Record<PrivacyRequestKind, number>;
  oldestSeconds: number;
  over20Days: number;
  over30Days: number;
  /** Shop redactions that wait for their time. */
  shopsWaiting: number;
  /** Shop redactions that wait for an operator to confirm them. */
  shopsHeld: number;
  /** The time of the next shop redaction, seconds since the epoch, rounded up; 0: none waits. */
  nextShopAt: number;
}

/** SQL: it waits for its time and is not held. */
const WAITS = `not ${HELD} and (not_before is null or not_before > now())`;

/** Of what waits to be done, over all merchants. */
export async function readPrivacyFigures(pool: Pool): Promise<PrivacyFigures> {
  const { rows } = await pool.query<{
    kind: PrivacyRequestKind;
    n: number;
    d20: number;
    d30: number;
    age: number;
    waiting: number;
    held: number;
    next: number | null;
  }>(
    `select kind, count(*)::int as n,
            (count(*) filter (where received_at < now() - interval '20 days'))::int as d20,
            (count(*) filter (where received_at < now() - interval '30 days'))::int as d30,
            extract(epoch from now() - min(received_at))::float8 as age,
            (count(*) filter (where ${WAITS}))::int as waiting,
            (count(*) filter (where ${HELD}))::int as held,
            ceil(extract(epoch from min(not_before) filter (where ${WAITS})))::float8 as next
       from privacy_requests where completed_at is null and cancelled_at is null group by kind`,
  );
  const figures: PrivacyFigures = {
    pending: { redact: 0, data_request: 0, shop_redact: 0, unknown: 0 },
    oldestSeconds: 0,
    over20Days: 0,
    over30Days: 0,
    shopsWaiting: 0,
    shopsHeld: 0,
    nextShopAt: 0,
  };
  for (const { kind, n, d20, d30, age, waiting, held, next } of rows) {
    if (kind === 'shop_redact') {
      Object.assign(figures, { shopsWaiting: waiting, shopsHeld: held, nextShopAt: next ?? 0 });
    }
    figures.pending[kind] = n;
    figures.over20Days += d20;
    figures.over30Days += d30;
    figures.oldestSeconds = Math.max(figures.oldestSeconds, age);
  }
  return figures;
}
