import type { MerchantKeys, Tx } from '@core/db';
import { externalIdOf, GID_PREFIX, type CommandContext } from '../../core/index.ts';
import {
  emailTombstones,
  emailTombstoneSql,
  externalIdTombstones,
  externalIdTombstoneSql,
  findHoldersWithoutIndex,
  type HashedNames,
  type SharedEmails,
} from '../../customers/index.ts';

/** A request as it was written down. */
export interface NamedRequest extends HashedNames {
  /** Who was found when it came. */
  customerId: string | null;
}

/** Whom it is about by now. Of the others nobody can tell whether they hold the email. */
export type Named = SharedEmails;

const NO_MORE = { unopened: 0, notLookedAt: 0 };

/**
 * Everybody whom a request is about: who was found when it came, and whoever of the names that it gave is stored by
 * now, in the order of findPerson; by the email alone, everybody who holds it, as an erasure does.
 */
export async function findNamed(
  tx: Tx,
  ctx: Pick<CommandContext, 'keys'>,
  merchantId: string,
  request: NamedRequest,
): Promise<Named> {
  const { customerId, namedEmail, namedExternalId } = request;
  const before = customerId ? [customerId] : [];
  const keys = namedEmail || namedExternalId ? await ctx.keys.find(tx, merchantId) : null;
  if (!keys || (await isOfExternalId(tx, keys, merchantId, request))) return { ids: before, ...NO_MORE };
  const now = await findByHash(tx, keys, merchantId, request);
  const shared =
    namedEmail && !namedExternalId
      ? await findHoldersWithoutIndex(tx, ctx, merchantId, (email) =>
          emailTombstones(keys, email).some((hash) => hash.equals(namedEmail)),
        )
      : { ids: [], ...NO_MORE };
  return { ...shared, ids: [...new Set([...before, ...now, ...shared.ids])] };
}

/** An external id is one customer's: who was found by it is who is meant, and nobody has to be looked for. */
async function isOfExternalId(
  tx: Tx,
  keys: MerchantKeys,
  merchantId: string,
  { customerId, namedExternalId }: NamedRequest,
): Promise<boolean> {
  if (!customerId || !namedExternalId) return false;
  const [row] = await tx.query<{ externalId: string | null }>(
    'select external_id as "externalId" from customers where merchant_id = $1 and id = $2',
    [merchantId, customerId],
  );
  if (!row?.externalId) return false;
  return externalIdTombstones(keys, externalIdOf(row.externalId)).some((hash) =>
    hash.equals(namedExternalId),
  );
}

/** Which earlier builds hashed where a request gave it alone. */
const SHOPIFY_NUMBER = `case when starts_with(c.external_id, '${GID_PREFIX}')
  then substr(c.external_id, ${GID_PREFIX.length + 1}) end`;

/**
 * No index leads from a hash to its customer: all of the merchant's are hashed, some seconds for a million. It is for
 * the few requests of somebody who was not here yet, so an index that every write would pay for is not worth it.
 */
async function findByHash(
  tx: Tx,
  { indexKey }: MerchantKeys,
  merchantId: string,
  { namedEmail, namedExternalId }: HashedNames,
): Promise<string[]> {
  const found = await tx.query<{ id: string; byExternalId: boolean | null; hasExternalId: boolean }>(
    `select c.id, c.external_id is not null as "hasExternalId", $4 in (hashed.external_id, hashed.number) as "byExternalId"
       from customers c
      cross join lateral (
            select ${externalIdTombstoneSql('c.external_id', '$2')} as external_id,
                   ${externalIdTombstoneSql(SHOPIFY_NUMBER, '$2')} as number,
                   ${emailTombstoneSql('c.email_hash', '$2')} as email) as hashed
      where c.merchant_id = $1 and c.erased_at is null and (hashed.email = $3 or $4 in (hashed.external_id, hashed.number))
      order by c.id`,
    [merchantId, indexKey, namedEmail, namedExternalId],
  );
  const known = found.filter(({ byExternalId }) => byExternalId);
  // With an external id given, somebody of that email who has another one is another customer.
  const meant = known.length > 0 ? known : found.filter((row) => !namedExternalId || !row.hasExternalId);
  return meant.map(({ id }) => id);
}
