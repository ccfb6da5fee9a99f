import type { ShopClient } from '../../client/shop-client.ts';
import type { BulkCursor } from '../cursor.ts';
import { endOperation } from './operation.ts';

/**
 * Ends the operation of a slice that is cancelled: it would take one of the shop's five at once until it is done. One
 * whose file is being read is over already, and none of ours any more.
 * @throws as ShopClient
 */
export async function cancelBulk(client: ShopClient, cursor: BulkCursor | null): Promise<void> {
  if (!cursor || cursor.operation === null || cursor.line > 0) return;
  await endOperation(client, cursor.operation);
}
