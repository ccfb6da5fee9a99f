import { and, eq, isNull, sql } from 'drizzle-orm';
import {
  earlierExternalIds,
  externalIdOf,
  type CustomerId,
  type ExternalId,
  type MerchantId,
} from '@core/contracts';
import { emailHash, type MerchantKeys } from '@core/crypto';
import { build, customers, isLive, many, ONE, oneOf, RaceLost, statement, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import { type CommandContext, recordChange } from '../core/index.ts';
import { returnedDetail } from './persons/tombstones.ts';

interface Holder {
  merchantId: MerchantId;
  email: string;
  externalId?: ExternalId | undefined;
}

const FIND_BY_EMAIL = statement({
  params: { merchantId: customers.merchantId, emailHash: customers.emailHash },
  row: { id: customers.id, externalId: customers.externalId },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(customers.merchantId, p.merchantId), eq(customers.emailHash, p.emailHash))),
});

/**
 * Attaches an external id to the customer who holds this email, if the customer has none.
 * @returns the customer's id
 * @throws CoreError as createCustomer; RaceLost when that customer no longer exists
 */
export async function attachToHolder(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  { merchantId, email, externalId }: Holder,
): Promise<CustomerId> {
  const [existing] = await tx.run(FIND_BY_EMAIL, { merchantId, emailHash: emailHash(keys, email) });
  if (!existing) {
    if (externalId && (await isTaken(tx, merchantId, externalId))) throw otherCustomersExternalId();
    throw new RaceLost('the customer with this email no longer exists');
  }
  if (externalId && (existing.externalId === null || externalIdOf(existing.externalId) !== externalId)) {
    if (existing.externalId !== null) {
      throw new CoreError(
        'already_exists',
        'external_id: the customer with this email already has a different external_id',
        {
          field: 'external_id',
        },
      );
    }
    await attachExternalId(tx, ctx, keys, { merchantId, email, externalId }, existing.id);
  }
  return existing.id;
}

const ATTACH_EXTERNAL_ID = statement({
  params: {
    merchantId: customers.merchantId,
    id: customers.id,
    externalId: customers.externalId,
    emailHash: customers.emailHash,
  },
  row: { version: customers.version },
  text: (p, row) =>
    build
      .update(customers)
      .set({ externalId: p.externalId, version: sql`${customers.version} + 1` })
      .where(
        and(
          eq(customers.merchantId, p.merchantId),
          eq(customers.id, p.id),
          isNull(customers.externalId),
          eq(customers.emailHash, p.emailHash),
          isLive(),
        ),
      )
      .returning(row),
});

async function attachExternalId(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  { merchantId, email, externalId }: Holder & { externalId: ExternalId },
  customerId: CustomerId,
): Promise<void> {
  if (await isTaken(tx, merchantId, externalId)) throw otherCustomersExternalId();
  const [row] = await tx.run(ATTACH_EXTERNAL_ID, {
    merchantId,
    id: customerId,
    externalId,
    emailHash: emailHash(keys, email),
  });
  // Erased, deleted or renamed meanwhile, the customer no longer holds this email.
  if (!row) throw new RaceLost('external_id was attached or the customer changed meanwhile');
  await recordChange(
    tx,
    ctx,
    { merchantId, customerId, version: row.version, changedFields: ['external_id'], origin: 'api' },
    { action: 'customer.update', detail: await returnedDetail(tx, keys, merchantId, { externalId }) },
  );
}

const IS_TAKEN = statement({
  params: { merchantId: customers.merchantId, forms: many(customers.externalId) },
  row: ONE,
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(customers.merchantId, p.merchantId), oneOf(customers.externalId, p.forms))),
});

const isTaken = async (tx: Tx, merchantId: MerchantId, externalId: ExternalId): Promise<boolean> => {
  const forms = [externalId, ...earlierExternalIds(externalId)];
  return (await tx.run(IS_TAKEN, { merchantId, forms })).length > 0;
};

export const otherCustomersExternalId = () =>
  new CoreError('already_exists', 'external_id: belongs to another customer', { field: 'external_id' });
