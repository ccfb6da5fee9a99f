import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { RfmThresholdsSchema, type RfmThresholds } from '@core/contracts';
import type { Reader } from '@core/db';
import { defaultThresholds } from './default-thresholds.ts';

export interface ProgramSettings {
  thresholds: RfmThresholds;
  /** 0 while the defaults are in force; it is the etag. */
  configVersion: number;
  /** Null while the defaults are in force. */
  updatedAt: Date | null;
}

/** A merchant's settings, or the defaults. */
export async function getProgramSettings(
  reader: Reader,
  input: { merchantId: string },
): Promise<ProgramSettings> {
  const [row] = await reader.query<{ rfm_thresholds: JsonValue; config_version: number; updated_at: Date }>(
    'select rfm_thresholds, config_version, updated_at from program_settings where merchant_id = $1',
    [input.merchantId],
  );
  if (!row) return { thresholds: defaultThresholds(), configVersion: 0, updatedAt: null };
  return {
    // A field of a newer build must not make settings unreadable while both run.
    thresholds: fromJson(RfmThresholdsSchema, row.rfm_thresholds, { ignoreUnknownFields: true }),
    configVersion: row.config_version,
    updatedAt: row.updated_at,
  };
}
