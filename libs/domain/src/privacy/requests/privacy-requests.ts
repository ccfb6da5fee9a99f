import { and, asc, isNotNull, isNull, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import {
  bool,
  build,
  NIL_UUID,
  int,
  limit,
  nullable,
  ONE,
  privacyRequests,
  statement,
  type Reader,
} from '@core/db';
import { CoreError, notFound } from '@core/runtime';
import type { CancelReason } from './cancel-privacy-request.ts';
import { isRequest, REQUEST_REF } from './request-ref.ts';
import { HELD } from './shop-redaction.ts';
import type { ErasedPlace } from './receipt.ts';

/** `unknown`: its kind or its owner could not be read. */
export type PrivacyRequestKind = 'redact' | 'data_request' | 'shop_redact' | 'unknown';

/** Stands for the merchant of a request that names none. */
export const UNKNOWN_MERCHANT: MerchantId = NIL_UUID;

export interface PrivacyRequest {
  merchantId: MerchantId;
  requestId: string;
  kind: PrivacyRequestKind;
  /** Null when no customer with that name is stored, for a shop's request, and for a pending redact. */
  customerId: CustomerId | null;
  receivedAt: Date;
  dueAt: Date;
  /** Null until the request is done, and when it was cancelled. */
  completedAt: Date | null;
  /** shop_redact only: the earliest start; null until the worker has scheduled it, and for other kinds. */
  notBefore: Date | null;
  /** Whether it arrived with many others and waits for an operator to confirm it. */
  held: boolean;
  cancelledAt: Date | null;
  cancelReason: CancelReason | null;
  /**
   * Why it could not be carried out as sent, such as "kind: must be one of redact, ..."; null when it could.
   */
  problem: string | null;
  /** shop_redact only: its shop; null once it is done, and for all data of the merchant. */
  shop: string | null;
}

export interface RequestRef {
  merchantId: MerchantId;
  requestId: string;
}

const { completedAt, cancelledAt, receivedAt, notBefore, receipt } = privacyRequests;
export const IS_OPEN = sql<boolean>`${completedAt} is null and ${cancelledAt} is null`;
const PROBLEM = sql<string | null>`${receipt} ->> 'problem'`;

export const REQUEST = {
  merchantId: privacyRequests.merchantId,
  requestId: privacyRequests.requestId,
  kind: privacyRequests.kind,
  customerId: privacyRequests.customerId,
  receivedAt,
  dueAt: privacyRequests.dueAt,
  completedAt,
  notBefore,
  held: sql<boolean>`${HELD} and ${IS_OPEN}`,
  cancelledAt,
  cancelReason: sql<CancelReason | null>`${privacyRequests.cancelReason}`,
  problem: PROBLEM,
  shop: sql<string | null>`${receipt} ->> 'shop'`,
};

/** Returns null for an unknown request. */
export const findPrivacyRequest = async (reader: Reader, ref: RequestRef): Promise<PrivacyRequest | null> =>
  (await findOne(reader, ref))?.request ?? null;

/** @throws CoreError not_found */
export const getPrivacyRequest = async (reader: Reader, ref: RequestRef): Promise<PrivacyRequest> =>
  (await readOne(reader, ref)).request;

const IS_DONE = statement({
  params: REQUEST_REF,
  row: ONE,
  text: (p, row) =>
    build
      .select(row)
      .from(privacyRequests)
      .where(and(isRequest(p), isNotNull(completedAt))),
});

/** Whether the request was already carried out; false when it waits or is unknown. */
export async function isRequestDone(reader: Reader, { merchantId, requestId }: RequestRef): Promise<boolean> {
  const done = await reader.run(IS_DONE, { merchantId, requestId });
  return done.length > 0;
}

const OTHERS_UNDER = statement({
  params: { ...REQUEST_REF, kind: privacyRequests.kind },
  row: ONE,
  text: (p, row) =>
    build
      .select(row)
      .from(privacyRequests)
      .where(
        and(
          isRequest(p),
          sql`(not (${IS_OPEN}) or ${PROBLEM} is null
               or (${privacyRequests.kind} <> ${p.kind} and 'unknown' not in (${privacyRequests.kind}, ${p.kind})))`,
        ),
      ),
});

/**
 * Whether a request that could not be read may be recorded under this id: the id is free, or belongs to a
 * request that itself waits with a problem. Under the id of any other request, this one would wait unnoticed.
 */
export async function canRecordUnder(
  reader: Reader,
  { merchantId, requestId, kind }: RequestRef & { kind: PrivacyRequestKind },
): Promise<boolean> {
  const others = await reader.run(OTHERS_UNDER, { merchantId, requestId, kind });
  return others.length === 0;
}

/**
 * Returns an erasure's receipt: the data removed, place by place.
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
      `privacy_request: it was cancelled (${cancelReason}) and has no receipt`,
    );
  }
  if (!completedAt) throw new CoreError('failed_precondition', 'privacy_request: it is not completed yet');
  return { request, completedAt, places };
}

const READ_ONE = statement({
  params: REQUEST_REF,
  // Receipts of the first build named no places.
  row: { ...REQUEST, places: sql<ErasedPlace[] | null>`${receipt} -> 'places'` },
  text: (p, row) => build.select(row).from(privacyRequests).where(isRequest(p)),
});

async function findOne(reader: Reader, { merchantId, requestId }: RequestRef) {
  const [row] = await reader.run(READ_ONE, { merchantId, requestId });
  if (!row) return undefined;
  const { places, ...request } = row;
  return { request, places: places ?? [] };
}

async function readOne(reader: Reader, ref: RequestRef) {
  const found = await findOne(reader, ref);
  if (!found) throw notFound('privacy request');
  return found;
}

/** Filters of the list. An absent field does not narrow it. */
export interface ListPrivacyRequests {
  merchantId?: MerchantId | undefined;
  kind?: PrivacyRequestKind | undefined;
  /** Only requests that are not done and were received longer ago. */
  olderThanDays?: number | undefined;
  /** Includes requests that are done or cancelled. */
  all?: boolean | undefined;
  /** Defaults to 1,000. */
  most?: number | undefined;
}

const LIST = statement({
  crosses: 'operators',
  params: {
    merchantId: nullable(privacyRequests.merchantId),
    kind: nullable(privacyRequests.kind),
    olderThanDays: nullable(int),
    all: bool,
    most: limit,
  },
  row: REQUEST,
  text: (p, row) =>
    build
      .select(row)
      .from(privacyRequests)
      .where(
        and(
          sql`(${p.merchantId} is null or ${privacyRequests.merchantId} = ${p.merchantId})`,
          sql`(${p.olderThanDays} is null or ${receivedAt} < now() - make_interval(days => ${p.olderThanDays}))`,
          sql`(${p.all} or (${IS_OPEN}))`,
          sql`(${p.kind} is null or ${privacyRequests.kind} = ${p.kind})`,
        ),
      )
      .orderBy(asc(privacyRequests.dueAt), asc(privacyRequests.requestId))
      .limit(p.most),
});

/** Lists requests of all merchants, for operators, by due date; the earliest first. */
export const listPrivacyRequests = (
  reader: Reader,
  { merchantId, kind, olderThanDays, all = false, most = 1_000 }: ListPrivacyRequests,
): Promise<PrivacyRequest[]> => reader.run(LIST, { merchantId, kind, olderThanDays, all, most });

export interface PrivacyFigures {
  pending: Record<PrivacyRequestKind, number>;
  oldestSeconds: number;
  over20Days: number;
  over30Days: number;
  /** Shop redactions that wait for their time. */
  shopsWaiting: number;
  /** Shop redactions that wait for an operator to confirm them. */
  shopsHeld: number;
  /** The time of the next shop redaction, in seconds since the epoch, rounded up; 0 when none waits. */
  nextShopAt: number;
}

/** The redaction waits for its time and is not held. */
const WAITS = sql`not ${HELD} and (${notBefore} is null or ${notBefore} > now())`;

const COUNT = statement({
  crosses: 'statistics',
  row: {
    kind: privacyRequests.kind,
    n: sql<number>`count(*)::int`,
    d20: sql<number>`(count(*) filter (where ${receivedAt} < now() - interval '20 days'))::int`,
    d30: sql<number>`(count(*) filter (where ${receivedAt} < now() - interval '30 days'))::int`,
    age: sql<number>`extract(epoch from now() - min(${receivedAt}))::float8`,
    waiting: sql<number>`(count(*) filter (where ${WAITS}))::int`,
    held: sql<number>`(count(*) filter (where ${HELD}))::int`,
    next: sql<number | null>`ceil(extract(epoch from min(${notBefore}) filter (where ${WAITS})))::float8`,
  },
  text: (_, row) =>
    build
      .select(row)
      .from(privacyRequests)
      .where(and(isNull(completedAt), isNull(cancelledAt)))
      .groupBy(privacyRequests.kind),
});

/** Reads figures of the pending requests over all merchants. */
export async function readPrivacyFigures(reader: Reader): Promise<PrivacyFigures> {
  const rows = await reader.run(COUNT);
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
