import { randomUUID } from 'node:crypto';
import {
  type CustomerId,
  type ExternalId,
  type ImportId,
  type MerchantId,
  readCustomerId,
  readImportId,
  readMerchantId,
} from '@core/contracts';

/**
 * Parses the given id, or creates one.
 * @throws Error for an invalid id, so that a spec cannot use one by mistake
 */
const id =
  <Id extends string>(read: (value: unknown) => Id | null) =>
  (given: string = randomUUID()): Id => {
    const parsed = read(given);
    if (parsed === null) throw new Error(`not a UUID: ${given}`);
    return parsed;
  };

export const aMerchantId: (given?: string) => MerchantId = id(readMerchantId);
export const aCustomerId: (given?: string) => CustomerId = id(readCustomerId);
export const anImportId: (given?: string) => ImportId = id(readImportId);

/** Returns gid://shopify/Customer/<id>. Spelled out here, instead of imported from the code under test. */
export const gid = (id: number): ExternalId => `gid://shopify/Customer/${id}` as ExternalId;
