import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { RfmThresholdsSchema, type RfmThresholds } from '@core/contracts';
import type { Reader } from '@core/db';
import { defaultThresholds } from './default-thresholds.ts';

/** The thresholds of each of the merchants, or the defaults, in one statement. */
export async function readThresholds(
  reader: Reader,
  merchantIds: Iterable<string>,
): Promise<Map<string, RfmThresholds>> {
  const ids = [...new Set(merchantIds)];
  if (ids.length === 0) return new Map();
  const rows = await reader.query<{ merchant_id: string; rfm_thresholds: JsonValue }>(
    'select merchant_id, rfm_thresholds from program_settings where merchant_id = any($1::uuid[])',
    [ids],
  );
  const own = new Map(rows.map((row) => [row.merchant_id, row.rfm_thresholds]));
  const defaults = defaultThresholds();
  return new Map(
    ids.map((id) => {
      const json = own.get(id.toLowerCase());
      // As in getProgramSettings: a field of a newer build must not make them unreadable.
      return [id, json ? fromJson(RfmThresholdsSchema, json, { ignoreUnknownFields: true }) : defaults];
    }),
  );
}
