import type { Context } from '../context.ts';

/** A metafield needs the access of its owner. Source: shopify.dev/docs/apps/build/custom-data/permissions. */
export const WRITE_SCOPE = 'write_customers';
export const READ_SCOPE = 'read_customers';

export const isReserved = (namespace: string): boolean => namespace.startsWith('app--');

export const userError = (
  field: string[],
  code: string,
  message: string,
  elementIndex: number | null = null,
) => ({
  field,
  code,
  message,
  elementIndex,
});

/**
 * A change of a metafield counts as a change of its customer. Shopify's documentation does not say whether it
 * changes updatedAt and sends customers/update, so the stand-in does the worst for a client that writes back.
 */
export function touch(ownerIds: readonly string[], { shop }: Context): void {
  for (const ownerId of new Set(ownerIds)) shop.edit(ownerId, {});
}
