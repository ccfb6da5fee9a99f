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

/** Reads the id, or makes a new one. @throws Error for what is none, so that a spec cannot test with it by mistake */
const id =
  <Id extends string>(read: (value: unknown) => Id | null) =>
  (given: string = randomUUID()): Id => {
    const parsed = read(given);
    if (parsed === null) throw new Error(`no UUID: ${given}`);
    return parsed;
  };

export const aMerchantId: (given?: string) => MerchantId = id(readMerchantId);
export const aCustomerId: (given?: string) => CustomerId = id(readCustomerId);
export const anImportId: (given?: string) => ImportId = id(readImportId);

/** gid://shopify/Customer/7. Spelled here once more, and not taken from the code under test. */
export const gid = (id: number): ExternalId => `gid://shopify/Customer/${id}` as ExternalId;
