import { and, isNull, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { appendAudit, build, json, privacyRequests, statement, type Tx } from '@core/db';
import { CoreError, invalid, notFound } from '@core/runtime';
import type { CommandContext } from '../core/index.ts';
import type { LeftOut } from './held-place.ts';
import { readPersonalData, type PersonalData } from './read-personal-data.ts';
import { findNamed, NAMED_REQUEST, type Named } from './requests/find-named.ts';
import type { ErasedPlace } from './requests/receipt.ts';
import { isRequest, REQUEST_REF } from './requests/request-ref.ts';

export interface ExportCustomerData {
  merchantId: MerchantId;
  /** Absent: the request names the person. */
  customerId?: CustomerId | undefined;
  /** The data_request that this answers. */
  requestId?: string | undefined;
}

export interface CustomerExport {
  /** JSON values, by place; in `left_out` what could not be read: LeftOut. Empty when nobody is here. */
  data: PersonalData;
  exportedAt: Date;
}

/**
 * Everything held on a person, for the store owner; each export is on record. An export that names a
 * data_request answers it, with a receipt of the data handed over, for everybody whom its names mean by now;
 * for a person who is still unknown, or has been erased since, the answer is empty.
 *
 * Values that do not decrypt are counted and left out. Rejected: to fail for them, which would keep a person
 * from everything for the sake of one broken value.
 * @throws CoreError not_found: the person, or the request; invalid_argument when neither is named, or the
 *   request is of another kind or person; failed_precondition when the request waits with a problem, and the
 *   caller names nobody
 */
export async function exportCustomerData(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, customerId, requestId }: ExportCustomerData,
): Promise<CustomerExport> {
  if (!customerId && !requestId) throw invalid('customer_id', 'or request_id must name the person');
  const request = requestId ? await lockRequest(tx, merchantId, requestId) : undefined;
  if (request && !customerId) assertReadable(request);
  const named = request ? await findNamed(tx, ctx, merchantId, request) : NOBODY;
  if (customerId && named.ids.length > 0 && !named.ids.includes(customerId)) {
    throw invalid('customer_id', 'is not the person whom the request is about');
  }
  const customerIds = named.ids.length > 0 ? named.ids : customerId ? [customerId] : [];
  const subject = customerIds[0] ?? null;
  // Before it is read: the request is a part of what is held.
  if (request && requestId && subject) await nameSubject(tx, { merchantId, requestId, subject });
  const held = customerIds.length > 0 ? await readPersonalData(tx, ctx, { merchantId, customerIds }) : null;
  // Not found if the caller names the person. If only the request does, there is nothing to tell any more.
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

const NOBODY: Named = { ids: [], undecrypted: 0, notLookedAt: 0 };

/** Customers of whom nobody can tell whether they hold the email that the request named. */
const doubtful = ({ undecrypted, notLookedAt }: Named): LeftOut[] =>
  [
    { place: 'customers', count: undecrypted, reason: 'email_does_not_open' } as const,
    { place: 'customers', count: notLookedAt, reason: 'not_looked_at' } as const,
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
    ...NAMED_REQUEST,
    kind: privacyRequests.kind,
    problem: sql<string | null>`case when ${privacyRequests.completedAt} is null
      then ${privacyRequests.receipt} ->> 'problem' end`,
  },
  text: (p, row) => build.select(row).from(privacyRequests).where(isRequest(p)).for('update'),
});

async function lockRequest(tx: Tx, merchantId: MerchantId, requestId: string) {
  const [request] = await tx.run(LOCK, { merchantId, requestId });
  if (!request) throw notFound('privacy request');
  if (request.kind !== 'data_request') throw invalid('request_id', 'is not that of a data_request');
  return request;
}

/** Nobody can tell whom it is about: an empty export would answer it, and it would be forgotten with its problem. */
function assertReadable({ problem }: { problem: string | null }): void {
  if (problem === null) return;
  throw new CoreError(
    'failed_precondition',
    `request_id: the request waits with a problem (${problem}): name its person by customer_id as well, have it sent ` +
      'anew, or end it with privacy cancel',
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

/** The first answer counts: a later export of the same request is on record in the audit log alone. */
const answer = async (
  tx: Tx,
  { merchantId, requestId }: { merchantId: MerchantId; requestId: string },
  receipt: object,
): Promise<void> => {
  await tx.run(ANSWER, { merchantId, requestId, receipt: JSON.stringify(receipt) });
};
