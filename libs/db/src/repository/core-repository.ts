import { and, eq } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import type { Reader } from '../reader.ts';
import { customers, type StoredRfmScore } from '../schema/index.ts';
import { build, statement, type RowOf } from '../statement/index.ts';
import { isLive } from './is-live.ts';
import { updateRfmScores } from './update-rfm-scores.ts';

/** The fields of a customer that a caller may see. */
export const CUSTOMER = {
  id: customers.id,
  merchantId: customers.merchantId,
  externalId: customers.externalId,
  email: customers.email,
  rfmScore: customers.rfmScore,
  metadata: customers.metadata,
  version: customers.version,
  createdAt: customers.createdAt,
  updatedAt: customers.updatedAt,
};

/** A customer as stored; `email` is ciphertext. */
export type CustomerRow = RowOf<typeof CUSTOMER>;

export interface CoreRepository {
  /** Returns the customer, or null if it is unknown, another merchant's, deleted or erased. */
  findById(merchantId: MerchantId, id: CustomerId): Promise<CustomerRow | null>;
  /**
   * Stores `score` if it is newer than the stored one. It is updateRfmScores for one score; production calls
   * that with many scores at once. Rejected: production through this method, with a statement for each score
   * of a batch.
   * @returns the changed row with its raised version, or null when the customer has the same score as before
   */
  updateRFMScore(merchantId: MerchantId, id: CustomerId, score: StoredRfmScore): Promise<CustomerRow | null>;
}

const FIND = statement({
  params: { merchantId: customers.merchantId, id: customers.id },
  row: CUSTOMER,
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(customers.merchantId, p.merchantId), eq(customers.id, p.id), isLive())),
});

export const coreRepository = (reader: Reader): CoreRepository => ({
  async findById(merchantId, id) {
    const [row] = await reader.run(FIND, { merchantId, id });
    return row ?? null;
  },

  async updateRFMScore(merchantId, id, score) {
    const [update] = await updateRfmScores(reader, [{ merchantId, customerId: id, score }]);
    return update?.outcome === 'applied' ? this.findById(merchantId, id) : null;
  },
});
