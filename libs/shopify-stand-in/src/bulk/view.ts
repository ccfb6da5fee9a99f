import { isoSeconds } from '../customers.ts';
import type { ServedShop } from '../shop.ts';
import type { BulkOperation } from './operation.ts';
import { fileUrl } from './files.ts';

export const bulkGid = (id: number): string => `gid://shopify/BulkOperation/${id}`;

/**
 * Returns an operation as the Admin schema's type BulkOperation. Counts and sizes are UnsignedInt64 and are
 * sent as strings. `url` is null for an empty result. `partialDataUrl` points to the part that a failed
 * operation wrote.
 * Source: the descriptions in the schema, shopify.dev/docs/api/admin-graphql/latest/objects/BulkOperation.
 */
export function bulkView(
  operation: BulkOperation,
  shop: ServedShop,
  origin: string,
): Record<string, unknown> {
  const { id, status, file, createdMs, completedMs, objectCount } = operation;
  const url = () => (file ? fileUrl({ origin, shop, operation }) : null);
  return {
    __typename: 'BulkOperation',
    id: bulkGid(id),
    status,
    type: 'QUERY',
    query: operation.query,
    createdAt: isoSeconds(createdMs),
    completedAt: completedMs === null ? null : isoSeconds(completedMs),
    errorCode: operation.errorCode,
    objectCount: String(objectCount),
    rootObjectCount: String(objectCount),
    fileSize: status === 'COMPLETED' && file ? String(file.bytes) : null,
    url: status === 'COMPLETED' ? url() : null,
    partialDataUrl: status === 'FAILED' ? url() : null,
  };
}
