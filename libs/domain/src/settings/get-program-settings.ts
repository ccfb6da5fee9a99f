import { eq } from 'drizzle-orm';
import type { RfmThresholds, MerchantId } from '@core/contracts';
import { build, programSettings, statement, type Reader } from '@core/db';
import { defaultThresholds } from './default-thresholds.ts';
import { readStored } from './read-thresholds.ts';

export interface ProgramSettings {
  thresholds: RfmThresholds;
  /** 0 while the defaults apply; also the etag. */
  configVersion: number;
  /** Null while the defaults apply. */
  updatedAt: Date | null;
}

const FIND = statement({
  params: { merchantId: programSettings.merchantId },
  row: {
    thresholds: programSettings.rfmThresholds,
    configVersion: programSettings.configVersion,
    updatedAt: programSettings.updatedAt,
  },
  text: (p, row) =>
    build.select(row).from(programSettings).where(eq(programSettings.merchantId, p.merchantId)),
});

/** Returns a merchant's settings, or the defaults. */
export async function getProgramSettings(
  reader: Reader,
  input: { merchantId: MerchantId },
): Promise<ProgramSettings> {
  const [row] = await reader.run(FIND, { merchantId: input.merchantId });
  if (!row) return { thresholds: defaultThresholds(), configVersion: 0, updatedAt: null };
  return { ...row, thresholds: readStored(row.thresholds) };
}
