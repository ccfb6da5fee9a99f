import { externalIdOf, type CustomerId, type MerchantId } from '@core/contracts';
import type { Tx } from '@core/db';
import type { CommandContext } from '../core/index.ts';
import type { ExportedPerson, LeftOut } from './held-place.ts';
import { EXPORTED } from './places-by-action.ts';
import { READ_CUSTOMERS } from './personal-rows.ts';

/** JSON of the data held, by place; a place that holds nothing is an empty list. */
export type PersonalData = Record<string, unknown[]>;

/**
 * Reads everything held about a person, who may be several customers, and about the customers merged with
 * them.
 * @returns null when none of these ids is a customer of the merchant, or is one no longer: unknown, another
 *   merchant's, erased
 */
export async function readPersonalData(
  tx: Tx,
  ctx: Pick<CommandContext, 'keys'>,
  { merchantId, customerIds }: { merchantId: MerchantId; customerIds: readonly CustomerId[] },
): Promise<{ data: PersonalData; leftOut: LeftOut[] } | null> {
  const customers = await tx.run(READ_CUSTOMERS, { merchantId, ids: customerIds });
  if (!customers.some(({ id }) => customerIds.includes(id))) return null;
  const person: ExportedPerson = {
    merchantId,
    customers,
    customerIds: customers.map(({ id }) => id),
    externalIds: new Set(customers.flatMap(({ external_id: id }) => (id ? [externalIdOf(id)] : []))),
    emailHashes: new Set(customers.flatMap(({ email_hash: hash }) => hash ?? [])),
  };
  const data: PersonalData = {};
  const leftOut: LeftOut[] = [];
  for (const { place, read } of EXPORTED) {
    const held = await read(tx, ctx, person);
    data[place] = held.rows;
    leftOut.push(...(held.leftOut ?? []).map((each) => ({ place, ...each })));
  }
  return { data, leftOut: leftOut.filter(({ count }) => count > 0) };
}
