import type { Reader } from '@core/db';
import { nextAt, type ScheduleTimes } from '../commands/imports/schedule-times.ts';

export interface ImportSchedule extends ScheduleTimes {
  merchantId: string;
  shop: string;
  mode: 'full' | 'delta';
  enabled: boolean;
  /** The run it started last; null before the first. */
  lastImportId: string | null;
  /** Why it could not start one, for the merchant. */
  lastError: string | null;
  /** When the merchant set it last. */
  updatedAt: Date;
  /** Null while it is not enabled. */
  nextAt: Date | null;
}

/** A merchant's, by shop. There is one for each connected shop at most, so they are not paged. */
export async function listImportSchedules(
  reader: Reader,
  { merchantId, now = new Date() }: { merchantId: string; now?: Date },
): Promise<ImportSchedule[]> {
  const rows = await reader.query<Row>(`${SELECT} where merchant_id = $1 order by shop`, [merchantId]);
  return rows.map((row) => toSchedule(row, now));
}

/** All merchants' that are enabled, for the importers. */
export async function readEnabledSchedules(reader: Reader): Promise<ImportSchedule[]> {
  const rows = await reader.query<Row>(`${SELECT} where enabled order by merchant_id, shop`);
  return rows.map((row) => toSchedule(row, new Date()));
}

/**
 * Differs whenever the times of enabled schedules do: reading it costs less than reading them all. Of all their rows, and
 * not of their number and the newest change: a change that is committed late is older than one that was seen already.
 */
export async function versionOfSchedules(reader: Reader): Promise<string> {
  const [row] = await reader.query<{ version: string }>(
    `select coalesce(md5(string_agg(concat_ws('|', merchant_id, shop, cron, time_zone), ',' order by merchant_id, shop)), '')
              as version
       from import_schedules where enabled`,
  );
  return row?.version ?? '';
}

type Row = Omit<ImportSchedule, 'nextAt'> & Record<string, unknown>;

/** Its columns by the names of an ImportSchedule. */
export const SCHEDULE_COLUMNS = `merchant_id as "merchantId", shop, cron, time_zone as "timeZone", mode, enabled,
  last_import_id as "lastImportId", last_error as "lastError", updated_at as "updatedAt"`;

const SELECT = `select ${SCHEDULE_COLUMNS} from import_schedules`;

export const toSchedule = (row: Row, now: Date): ImportSchedule => ({
  ...row,
  nextAt: row.enabled ? nextAt(row, now) : null,
});
