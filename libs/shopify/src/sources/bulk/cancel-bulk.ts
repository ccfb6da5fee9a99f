import type { ShopClient } from '../../client/shop-client.ts';
import type { BulkCursor } from '../cursor.ts';
import { endOperation } from './operation.ts';

/**
 * Cancels the operation of a cancelled slice. Otherwise the operation would occupy one of the shop's five
 * slots until it completes. An operation whose file is being read has completed and occupies none.
 * @throws as ShopClient
 */
export async function cancelBulk(client: ShopClient, cursor: BulkCursor | null): Promise<void> {
  if (!cursor || cursor.operation === null || cursor.line > 0) return;
  await endOperation(client, cursor.operation);
}
