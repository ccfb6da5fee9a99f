import { and, eq, isNull, sql } from 'drizzle-orm';
import type { CustomerId, ExternalId, MerchantId } from '@core/contracts';
import {
  appendAudit,
  build,
  customers,
  insertValues,
  json,
  ONE,
  privacyRequests,
  statement,
  type Tx,
} from '@core/db';
import { IdReused, invalid, notFound } from '@core/runtime';
import type { CommandContext } from '../../core/index.ts';
import { assertSameRequest } from './assert-same-request.ts';
import { RECORDED_REQUEST } from './find-data-subjects.ts';
import { nameSubject } from './name-subject.ts';
import { findPrivacyRequest, type PrivacyRequest } from './privacy-requests.ts';
import { PRIVACY_CHANNEL } from './record-privacy-request.ts';
import { REQUEST_REF } from './request-ref.ts';

/** Names the person by exactly one of the two ids. */
export interface RequestErasure {
  merchantId: MerchantId;
  requestId: string;
  customerId?: CustomerId | undefined;
  externalId?: ExternalId | undefined;
}

const IS_STORED = statement({
  params: { merchantId: customers.merchantId, id: customers.id },
  row: ONE,
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(customers.merchantId, p.merchantId), eq(customers.id, p.id), isNull(customers.erasedAt))),
});

const INSERT = statement({
  params: { ...REQUEST_REF, ...RECORDED_REQUEST, receipt: json },
  row: ONE,
  text: (p, row) => sql`
    ${insertValues(privacyRequests, { ...p, kind: sql`'redact'` })} on conflict do nothing returning ${row}`,
});

/**
 * Records that a person is to be erased. The worker carries it out, because the api may not erase. A
 * repetition under the same id changes nothing, also after the erasure.
 *
 * The person must be stored. Rejected: to accept unknown names, as events do. A mistyped number would seem to
 * be done, and the person would stay.
 * @returns the request as it is now
 * @throws CoreError invalid_argument; not_found for a person who is not stored; IdReused when the id belongs
 *   to another kind of request, or to another person
 */
export async function requestErasure(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, requestId, ...names }: RequestErasure,
): Promise<PrivacyRequest> {
  if ((names.customerId === undefined) === (names.externalId === undefined)) {
    throw invalid('customer_id', 'or external_id must be given, and not both');
  }
  const { earlier, ...named } = await nameSubject(tx, ctx, { merchantId, ...names });
  const ref = { merchantId, requestId };
  const { customerId } = named;
  // Otherwise a repetition with an unknown customer would count as the request that is stored.
  if (names.customerId && !customerId) throw notFound('customer');
  const stored = customerId ? await tx.run(IS_STORED, { merchantId, id: customerId }) : [];
  const recorded = stored.length > 0 ? await tx.run(INSERT, { ...ref, ...named, receipt: '{}' }) : [];
  if (customerId && recorded.length > 0) {
    await appendAudit(tx, ctx, {
      merchantId,
      customerId,
      action: 'privacy.request',
      detail: { request_id: requestId, kind: 'redact' },
    });
    tx.notify(PRIVACY_CHANNEL);
  } else {
    await assertSameRequest(tx, { ...ref, kind: 'redact' }, named, earlier);
  }
  const request = await findPrivacyRequest(tx, ref);
  if (!request) throw notFound('customer');
  // A redact of an event or a webhook names its person elsewhere.
  if (request.customerId === null) throw new IdReused('request_id', 'a request for another person');
  return request;
}
