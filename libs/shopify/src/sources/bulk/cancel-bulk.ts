import type { Access } from '../../client/transport.ts';
import type { ShopifyClient } from '../../client/client.ts';
import { readBulkCursor } from './cursor.ts';
import { CANCEL_OPERATION } from './operation.ts';

/**
 * Ends the operation of a slice that is cancelled: it would take one of the shop's five places until it is done. One
 * that is over already is none of ours any more; Shopify's answer to that is no error here.
 * @param cursor of a slice whose source is `bulk`
 * @throws as ShopifyClient
 */
export async function cancelBulk(
  client: ShopifyClient,
  { cursor, ...access }: Access & { cursor: string | null },
): Promise<void> {
  const { operation, line } = readBulkCursor(cursor);
  if (operation === null || line > 0) return;
  await client({ ...access, document: CANCEL_OPERATION, variables: { id: operation } });
}
