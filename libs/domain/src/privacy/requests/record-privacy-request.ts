import { and, eq, isNull, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { appendAudit, build, insertValues, json, ONE, privacyRequests, statement, type Tx } from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import type { PersonNames } from '../../customers/index.ts';
import type { PrivacyRequestKind } from './privacy-requests.ts';
import { assertSameRequest } from './assert-same-request.ts';
import { RECORDED_REQUEST, type RecordedRequest } from './find-data-subjects.ts';
import { nameSubject, NO_SUBJECT } from './name-subject.ts';
import { isRequest, REQUEST_REF } from './request-ref.ts';
import type { ShopProgress } from './shop-redaction.ts';

/** The channel on which the worker is notified of a shop to redact. */
export const PRIVACY_CHANNEL = 'privacy';

/** A request of a person or a shop that is not served immediately, or could not be served. */
export interface RecordPrivacyRequest extends PersonNames {
  merchantId: MerchantId;
  requestId: string;
  kind: PrivacyRequestKind;
  /** The shop of a shop_redact; absent for all data of the merchant. */
  shop?: string | undefined;
  /** The installation of the app that a shop_redact is about; absent: not known. */
  generation?: number | undefined;
  /** See takeRedaction. */
  isExact?: boolean | undefined;
  /** When Shopify triggered the webhook of a shop_redact; absent: it was not requested by one. */
  at?: Date | undefined;
  /** Why it could not be carried out: field and rule, without the value. */
  problem?: string | undefined;
}

/** The cancellation of an unreadable request does not cancel the request that is sent again. */
const NOT_CANCELLED = { cancelledAt: null, cancelReason: null };

const ROW = { ...REQUEST_REF, ...RECORDED_REQUEST, kind: privacyRequests.kind, receipt: json };

const INSERT = statement({
  params: ROW,
  row: ONE,
  text: (p, row) => sql`${insertValues(privacyRequests, p)} on conflict do nothing returning ${row}`,
});

const MAKE_KNOWN = statement({
  params: ROW,
  row: ONE,
  text: ({ merchantId, requestId, ...rest }, row) =>
    build
      .update(privacyRequests)
      .set({ ...rest, ...NOT_CANCELLED })
      .where(
        and(
          isRequest({ merchantId, requestId }),
          eq(privacyRequests.kind, 'unknown'),
          isNull(privacyRequests.completedAt),
        ),
      )
      .returning(row),
});

/**
 * Records a privacy request as pending (completed_at null), once. It is due in thirty days.
 *
 * A data_request stores our own id of the person, null when unknown here, and keyed hashes of the given
 * names: an import may store the person before the request is answered. One recorded without names gets them
 * from a second one. A redact stores no names: the erasure finds the person, and its receipt records who it
 * was. A request of unknown kind gets its kind once it is sent again.
 * @throws IdReused when a data_request or shop_redact has the id of another request; CoreError
 *   invalid_argument when the ids of a data_request name two customers
 */
export async function recordPrivacyRequest(
  tx: Tx,
  ctx: CommandContext,
  input: RecordPrivacyRequest,
): Promise<{
  /** Whether the request, or its person, was not known before. */
  recorded: boolean;
  /**
   * The customer that the names of this request identify; null when no customer has them, or none are given.
   */
  customerId: CustomerId | null;
}> {
  const { merchantId, requestId, kind, shop, generation, isExact, at, problem } = input;
  const named = kind === 'data_request' ? await nameSubject(tx, ctx, input) : NO_SUBJECT;
  const { customerId, namedEmail, namedExternalId, earlier } = named;
  const progress: ShopProgress & Pick<RecordPrivacyRequest, 'problem'> = {
    ...(shop === undefined ? {} : { shop }),
    ...(generation === undefined ? {} : { generation }),
    ...(isExact === undefined ? {} : { isExact }),
    ...(at === undefined ? {} : { at: at.toISOString() }),
    ...(problem === undefined ? {} : { problem }),
  };
  const receipt = JSON.stringify(progress);
  const row = { merchantId, requestId, kind, customerId, namedEmail, namedExternalId, receipt };
  const recorded = await tx.run(INSERT, row);
  // The api's role records only redacts and may not change a kind.
  if (recorded.length === 0 && (kind === 'data_request' || kind === 'shop_redact')) {
    recorded.push(...(await tx.run(MAKE_KNOWN, row)));
  }
  if (recorded.length === 0) {
    // A redact is only recorded here. The erasure compares the persons, which this row does not contain yet.
    if (kind !== 'redact' && kind !== 'unknown') await assertSameRequest(tx, input, named, earlier);
    if (named === NO_SUBJECT || !(await setSubject(tx, input, named))) return { recorded: false, customerId };
  }
  await appendAudit(tx, ctx, {
    merchantId,
    customerId: customerId ?? undefined,
    action: 'privacy.request',
    detail: { request_id: requestId, kind },
  });
  if (kind === 'shop_redact') tx.notify(PRIVACY_CHANNEL);
  return { recorded: true, customerId };
}

const SET_SUBJECT = statement({
  params: { ...REQUEST_REF, ...RECORDED_REQUEST },
  row: ONE,
  text: ({ merchantId, requestId, ...named }, row) =>
    build
      .update(privacyRequests)
      .set({ ...named, receipt: sql`${privacyRequests.receipt} - 'problem'`, ...NOT_CANCELLED })
      .where(
        and(
          isRequest({ merchantId, requestId }),
          eq(privacyRequests.kind, 'data_request'),
          isNull(privacyRequests.completedAt),
          isNull(privacyRequests.customerId),
          isNull(privacyRequests.namedEmail),
          isNull(privacyRequests.namedExternalId),
        ),
      )
      .returning(row),
});

/** @returns whether no person was named before */
const setSubject = async (
  tx: Tx,
  { merchantId, requestId }: RecordPrivacyRequest,
  { customerId, namedEmail, namedExternalId }: RecordedRequest,
): Promise<boolean> =>
  (await tx.run(SET_SUBJECT, { merchantId, requestId, customerId, namedEmail, namedExternalId })).length > 0;
