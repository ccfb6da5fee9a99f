import type { StoredRfmScore } from '../schema/index.ts';
import type { Reader } from '../transaction.ts';

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
   * Stores `score` if it is newer than the one there: by sequence when both have one, else by as_of.
   * Called from domain/commands only, in a transaction.
   * @returns the changed row with its raised version, or null when nothing was changed
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
    // One statement decides and writes: a read before it could be outrun by another consumer.
    const [row] = await reader.query<CustomerRow>(
      `update customers
          set rfm_score = $3::jsonb || case
                when rfm_score is null or rfm_score ->> 'segment' = $3::jsonb ->> 'segment'
                then jsonb_strip_nulls(jsonb_build_object('previous_segment', rfm_score -> 'previous_segment'))
                else jsonb_build_object('previous_segment', rfm_score -> 'segment') end,
              version = version + 1
        where merchant_id = $1 and id = $2 and ${LIVE}
          and (rfm_score is null or case
                when rfm_score ? 'sequence' and $3::jsonb ? 'sequence'
                then ($3::jsonb ->> 'sequence')::bigint > (rfm_score ->> 'sequence')::bigint
                else ($3::jsonb ->> 'as_of')::timestamptz > (rfm_score ->> 'as_of')::timestamptz end)
       returning ${CUSTOMER_COLUMNS}`,
      [merchantId, id, JSON.stringify(score)],
    );
    return row ?? null;
  },
});
