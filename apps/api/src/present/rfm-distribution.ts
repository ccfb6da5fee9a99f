import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { GetRfmDistributionResponseSchema } from '@core/contracts';
import type { RfmDistribution } from '@core/domain';

export const presentDistribution = ({
  scored,
  unscored,
  segments,
  cells,
  shopifyGroups,
  newestAsOf,
}: RfmDistribution): MessageInitShape<typeof GetRfmDistributionResponseSchema> => ({
  customers: BigInt(scored + unscored),
  scored: BigInt(scored),
  unscored: BigInt(unscored),
  segments: [...segments].map(([segment, customers]) => ({ segment, customers: BigInt(customers) })),
  cells: cells.flatMap((row, r) =>
    row.map((byMonetary, f) => ({
      recency: r + 1,
      frequency: f + 1,
      customers: BigInt(byMonetary.reduce((sum, count) => sum + count, 0)),
      customersByMonetary: byMonetary.map(BigInt),
    })),
  ),
  shopifyRfmGroups: [...shopifyGroups].map(([group, customers]) => ({ group, customers: BigInt(customers) })),
  newestAsOf: newestAsOf ? timestampFromDate(newestAsOf) : undefined,
});
