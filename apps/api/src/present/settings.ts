import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ProgramSettingsSchema, MerchantId } from '@core/contracts';
import type { ProgramSettings } from '@core/domain';

export const presentSettings = (
  merchantId: MerchantId,
  { thresholds, configVersion, updatedAt }: ProgramSettings,
): { settings: MessageInitShape<typeof ProgramSettingsSchema>; etag: string } => ({
  settings: {
    merchantId,
    rfmThresholds: thresholds,
    configVersion,
    updatedAt: updatedAt ? timestampFromDate(updatedAt) : undefined,
  },
  etag: String(configVersion),
});
