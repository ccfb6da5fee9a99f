import { timestampDate } from '@bufbuild/protobuf/wkt';
import { decodeEvent, RfmUpdatedSchema, type RfmUpdated } from '@core/contracts';
import type { Tx } from '@core/db';
import { applyRfmScore, type CommandContext } from '@core/domain';
import { invalid } from '@core/runtime';
import { uuid } from './uuid.ts';

export const rfmUpdated = {
  decode: (body: Uint8Array | null) => decodeEvent(RfmUpdatedSchema, body),

  /** @throws CoreError invalid_argument naming the field; not_found for an unknown customer */
  handle(tx: Tx, ctx: CommandContext, { merchantId, customerId, rfmScore }: RfmUpdated) {
    if (!rfmScore) throw invalid('rfm_score', 'is required');
    const { recency, frequency, monetary, segment, asOf, sequence, configVersion } = rfmScore;
    if (!asOf) throw invalid('rfm_score.as_of', 'is required');
    return applyRfmScore(tx, ctx, {
      merchantId: uuid('merchant_id', merchantId),
      customerId: uuid('customer_id', customerId),
      score: { recency, frequency, monetary, segment, asOf: timestampDate(asOf), sequence, configVersion },
    });
  },
};
