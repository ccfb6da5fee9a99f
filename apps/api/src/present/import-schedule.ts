import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ImportMode, type ImportScheduleSchema } from '@core/contracts';
import type { ImportSchedule } from '@core/domain';

export const presentSchedule = (schedule: ImportSchedule): MessageInitShape<typeof ImportScheduleSchema> => ({
  merchantId: schedule.merchantId,
  shop: schedule.shop,
  cron: schedule.cron,
  timeZone: schedule.timeZone,
  mode: schedule.mode === 'full' ? ImportMode.FULL : ImportMode.DELTA,
  enabled: schedule.enabled,
  lastImportId: schedule.lastImportId ?? '',
  lastError: schedule.lastError ?? '',
  nextAt: schedule.nextAt ? timestampFromDate(schedule.nextAt) : undefined,
});
