import { and, isNull, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { appendAudit, build, json, privacyRequests, statement, type Tx } from '@core/db';
import { CoreError, invalid, notFound } from '@core/runtime';
import type { CommandContext } from '../core/index.ts';
import type { LeftOut } from './held-place.ts';
import { readPersonalData, type PersonalData } from './read-personal-data.ts';
import { findDataSubjects, RECORDED_REQUEST, type DataSubjects } from './requests/find-data-subjects.ts';
import type { ErasedPlace } from './requests/receipt.ts';
import { isRequest, REQUEST_REF } from './requests/request-ref.ts';

export interface ExportCustomerData {
  merchantId: MerchantId;
  /** Absent when the request names the person. */
  customerId?: CustomerId | undefined;
  /** The data_request that this export answers. */
  requestId?: string | undefined;
}

export interface CustomerExport {
  /**
   * JSON values by place; `left_out` lists what could not be read (LeftOut). Empty when no such person is
   * stored.
   */
  data: PersonalData;
  exportedAt: Date;
}

/**
 * Exports everything held about a person, for the store owner. Each export is recorded.
 *
 * An export that names a data_request answers it, with a receipt of the data handed over. It covers all
 * customers that the request's names identify by now. For a person who is still unknown, or has been erased
 * since, the answer is empty.
 *
 * Values that cannot be decrypted are counted and left out. Rejected: failing because of them, which would
 * withhold all data from a person for the sake of one broken value.
 * @throws CoreError not_found: the person, or the request; invalid_argument when neither is named, or the
 *   request is of another kind or person; failed_precondition when the request has a problem and the caller
 *   names no person
 */
export async function exportCustomerData(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, customerId, requestId }: ExportCustomerData,
): Promise<CustomerExport> {
  if (!customerId && !requestId)
    throw invalid('customer_id', 'is required unless request_id names the person');
  const request = requestId ? await lockRequest(tx, merchantId, requestId) : undefined;
  if (request && !customerId) assertReadable(request);
  const named = request ? await findDataSubjects(tx, ctx, merchantId, request) : NO_SUBJECTS;
  if (customerId && named.ids.length > 0 && !named.ids.includes(customerId)) {
    throw invalid('customer_id', 'is not the person that the request is about');
  }
  const customerIds = named.ids.length > 0 ? named.ids : customerId ? [customerId] : [];
  const subject = customerIds[0] ?? null;
  // Set before the data is read: the request is part of what is held.
  if (request && requestId && subject) await nameSubject(tx, { merchantId, requestId, subject });
  const held = customerIds.length > 0 ? await readPersonalData(tx, ctx, { merchantId, customerIds }) : null;
  // Not found when the caller names the person. When only the request does, the answer is empty.
  if (!held && customerId) throw notFound('customer');
  const leftOut = [...(held?.leftOut ?? []), ...doubtful(named)];
  const data = held?.data ?? {};
  const places = placesOf(data, leftOut);
  if (request && requestId) await answer(tx, { merchantId, requestId }, { customerId: subject, places });
  await appendAudit(tx, ctx, {
    merchantId,
    customerId: held ? (subject ?? undefined) : undefined,
    action: 'privacy.export',
    detail: {
      ...(requestId ? { request_id: requestId } : {}),
      rows: Object.fromEntries(places.map(({ place, found }) => [place, found])),
      ...(leftOut.length > 0 ? { left_out: leftOut.reduce((sum, { count }) => sum + count, 0) } : {}),
    },
  });
  const nothing = !held && leftOut.length === 0;
  return { data: nothing ? {} : { ...data, left_out: leftOut }, exportedAt: new Date() };
}

const NO_SUBJECTS: DataSubjects = { ids: [], undecrypted: 0, notExamined: 0 };

/** Customers that may or may not have the email that the request named. */
const doubtful = ({ undecrypted, notExamined }: DataSubjects): LeftOut[] =>
  [
    { place: 'customers', count: undecrypted, reason: 'email_does_not_open' } as const,
    { place: 'customers', count: notExamined, reason: 'not_looked_at' } as const,
  ].filter(({ count }) => count > 0);

const placesOf = (data: PersonalData, leftOut: readonly LeftOut[]): ErasedPlace[] =>
  [...new Set([...Object.keys(data), ...leftOut.map(({ place }) => place)])].map((place) => ({
    place,
    found: data[place]?.length ?? 0,
    removed: [],
    remark: [
      'handed over',
      ...leftOut
        .filter((each) => each.place === place)
        .map(({ count, reason }) => `${count} left out: ${reason}`),
    ].join('; '),
  }));

const LOCK = statement({
  params: REQUEST_REF,
  row: {
    ...RECORDED_REQUEST,
    kind: privacyRequests.kind,
    problem: sql<string | null>`case when ${privacyRequests.completedAt} is null
      then ${privacyRequests.receipt} ->> 'problem' end`,
  },
  text: (p, row) => build.select(row).from(privacyRequests).where(isRequest(p)).for('update'),
});

async function lockRequest(tx: Tx, merchantId: MerchantId, requestId: string) {
  const [request] = await tx.run(LOCK, { merchantId, requestId });
  if (!request) throw notFound('privacy request');
  if (request.kind !== 'data_request') throw invalid('request_id', 'must be the id of a data_request');
  return request;
}

/**
 * Refuses a request whose person is unknown: an empty export would answer it and discard it with its problem.
 */
function assertReadable({ problem }: { problem: string | null }): void {
  if (problem === null) return;
  throw new CoreError(
    'failed_precondition',
    `request_id: the request is pending with a problem (${problem}). Also name its person by customer_id, have the ` +
      'request sent again, or cancel it with privacy cancel.',
    { field: 'request_id' },
  );
}

const NAME_SUBJECT = statement({
  params: { ...REQUEST_REF, subject: privacyRequests.customerId },
  text: (p) =>
    build
      .update(privacyRequests)
      .set({ customerId: p.subject })
      .where(and(isRequest(p), isNull(privacyRequests.customerId))),
});

const nameSubject = async (
  tx: Tx,
  named: { merchantId: MerchantId; requestId: string; subject: CustomerId },
): Promise<void> => {
  await tx.run(NAME_SUBJECT, named);
};

const ANSWER = statement({
  params: { ...REQUEST_REF, receipt: json },
  text: (p) =>
    build
      .update(privacyRequests)
      .set({ receipt: p.receipt, completedAt: sql`now()` })
      .where(and(isRequest(p), isNull(privacyRequests.completedAt))),
});

/** Stores the first answer. A later export of the same request is recorded only in the audit log. */
const answer = async (
  tx: Tx,
  { merchantId, requestId }: { merchantId: MerchantId; requestId: string },
  receipt: object,
): Promise<void> => {
  await tx.run(ANSWER, { merchantId, requestId, receipt: JSON.stringify(receipt) });
};
