import { appendAudit, type Tx } from '@core/db';
import type { CommandContext } from '../../context.ts';
import type { NamedRequest } from '../privacy/find-named.ts';
import { findPerson, type PersonNames } from '../privacy/person.ts';
import type { ShopProgress } from '../privacy/shop-redaction.ts';
import { hashNames } from '../privacy/tombstones.ts';

/** The worker listens on it: a shop is to be redacted. */
export const PRIVACY_CHANNEL = 'privacy';

/** A request of a person or a shop that is not served at once. */
export interface RecordPrivacyRequest extends PersonNames {
  merchantId: string;
  requestId: string;
  kind: 'data_request' | 'shop_redact';
  /** Of a shop_redact; absent: of everything of the merchant. */
  shop?: string | undefined;
}

/**
 * Writes a privacy request down as pending (completed_at null), once; a second time changes nothing. It names the
 * person by our own id, null when unknown here, and by keyed hashes of the names that were given: an import may store
 * them before it is answered. It is due in thirty days.
 */
export async function recordPrivacyRequest(
  tx: Tx,
  ctx: CommandContext,
  input: RecordPrivacyRequest,
): Promise<{ recorded: boolean }> {
  const { merchantId, requestId, kind, shop } = input;
  const { customerId, namedEmail, namedExternalId } =
    kind === 'data_request' ? await nameSubject(tx, ctx, input) : NOBODY;
  const progress: ShopProgress = shop === undefined ? {} : { shop };
  const recorded = await tx.query(
    `insert into privacy_requests (merchant_id, request_id, kind, customer_id, named_email, named_external_id, receipt)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning 1`,
    [merchantId, requestId, kind, customerId, namedEmail, namedExternalId, JSON.stringify(progress)],
  );
  if (recorded.length === 0) return { recorded: false };
  await appendAudit(tx, ctx, {
    merchantId,
    customerId: customerId ?? undefined,
    action: 'privacy.request',
    detail: { request_id: requestId, kind },
  });
  if (kind === 'shop_redact') tx.announce(PRIVACY_CHANNEL);
  return { recorded: true };
}

const NOBODY: NamedRequest = { customerId: null, namedEmail: null, namedExternalId: null };

async function nameSubject(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, ...names }: RecordPrivacyRequest,
): Promise<NamedRequest> {
  // Made where there are none: whose first import is still to come has nothing else to hash by.
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  return { customerId: await findPerson(tx, keys, merchantId, names), ...hashNames(keys, names) };
}
