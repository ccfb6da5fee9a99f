import type { StoredRfmScore } from '../schema/index.ts';
import type { Reader } from '../transaction.ts';
import { updateRfmScores } from './update-rfm-scores.ts';

/** A customer as stored; `email` is ciphertext. */
export interface CustomerRow {
  id: string;
  merchantId: string;
  externalId: string | null;
  email: string | null;
  rfmScore: StoredRfmScore | null;
  metadata: Record<string, unknown> | null;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface CoreRepository {
  /** The customer, or null: unknown, another merchant's, deleted or erased. */
  findById(merchantId: string, id: string): Promise<CustomerRow | null>;
  /**
   * Stores `score` if it is newer than the one there, see updateRfmScores. Called from the domain's commands only, in
   * a transaction.
   * @returns the changed row with its raised version, or null when the customer has the same score as before
   */
  updateRFMScore(merchantId: string, id: string, score: StoredRfmScore): Promise<CustomerRow | null>;
}

/** Columns of a CustomerRow, for statements of their own. */
export const CUSTOMER_COLUMNS = `id, merchant_id as "merchantId", external_id as "externalId", email,
  rfm_score as "rfmScore", metadata, version, created_at as "createdAt", updated_at as "updatedAt"`;

/** Rows that exist for a caller. */
export const LIVE = 'deleted_at is null and erased_at is null';

export const coreRepository = (reader: Reader): CoreRepository => ({
  async findById(merchantId, id) {
    const [row] = await reader.query<CustomerRow>(
      `select ${CUSTOMER_COLUMNS} from customers where merchant_id = $1 and id = $2 and ${LIVE}`,
      [merchantId, id],
    );
    return row ?? null;
  },

  async updateRFMScore(merchantId, id, score) {
    const [update] = await updateRfmScores(reader, [{ merchantId, customerId: id, score }]);
    return update?.outcome === 'applied' ? this.findById(merchantId, id) : null;
  },
});
