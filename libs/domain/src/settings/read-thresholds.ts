import { fromJson, type JsonObject } from '@bufbuild/protobuf';
import { RfmThresholdsSchema, type RfmThresholds, type MerchantId } from '@core/contracts';
import { build, many, oneOf, programSettings, statement, type Reader } from '@core/db';
import { defaultThresholds } from './default-thresholds.ts';

/** Parses stored thresholds. A field of a newer build must not make them unreadable while both builds run. */
export const readStored = (stored: Record<string, unknown>): RfmThresholds =>
  fromJson(RfmThresholdsSchema, stored as JsonObject, { ignoreUnknownFields: true });

const FIND = statement({
  crosses: 'batches',
  params: { merchantIds: many(programSettings.merchantId) },
  row: { merchantId: programSettings.merchantId, thresholds: programSettings.rfmThresholds },
  text: (p, row) =>
    build.select(row).from(programSettings).where(oneOf(programSettings.merchantId, p.merchantIds)),
});

/** Returns the thresholds of each merchant, or the defaults, in one statement. */
export async function readThresholds(
  reader: Reader,
  merchantIds: Iterable<MerchantId>,
): Promise<Map<string, RfmThresholds>> {
  const ids = [...new Set(merchantIds)];
  if (ids.length === 0) return new Map();
  const rows = await reader.run(FIND, { merchantIds: ids });
  const own = new Map(rows.map(({ merchantId, thresholds }) => [merchantId, thresholds]));
  const defaults = defaultThresholds();
  return new Map(
    ids.map((id) => {
      const stored = own.get(id);
      return [id, stored ? readStored(stored) : defaults];
    }),
  );
}
