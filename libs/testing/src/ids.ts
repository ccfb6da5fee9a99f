import { randomUUID } from 'node:crypto';
import { readImportId, readMerchantId, type ImportId, type MerchantId } from '@core/contracts';

/** Reads the id, or makes a new one. @throws Error for what is none, so that a spec cannot test with it by mistake */
const id =
  <Id extends string>(read: (value: unknown) => Id | null) =>
  (given: string = randomUUID()): Id => {
    const parsed = read(given);
    if (parsed === null) throw new Error(`no UUID: ${given}`);
    return parsed;
  };

export const aMerchantId: (given?: string) => MerchantId = id(readMerchantId);
export const anImportId: (given?: string) => ImportId = id(readImportId);
