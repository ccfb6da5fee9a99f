import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ImportMode, type ImportScheduleSchema } from '@core/contracts';
import { nextFirings, type ImportSchedule } from '@core/domain';

const SHOWN_FIRINGS = 3;

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
  nextFireTimes: schedule.enabled
    ? nextFirings(schedule, new Date(), SHOWN_FIRINGS).map((at) => timestampFromDate(at))
    : [],
});
