import type { Reader } from '@core/db';
import { nextAt, type ScheduleTimes } from './firings.ts';

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

export interface ScheduleSnapshot {
  /** Differs whenever the times of enabled schedules do. */
  version: string;
  schedules: ImportSchedule[];
}

/**
 * A hash over all enabled rows. Rejected: their number and the newest change, because a change that is committed
 * late is older than one that was seen already.
 */
const VERSION = `(select coalesce(md5(string_agg(concat_ws('|', merchant_id, shop, cron, time_zone), ','
                                                 order by merchant_id, shop)), '')
                    from import_schedules where enabled)`;

/**
 * The enabled schedules of all merchants, for the importers, and their version, by one statement: a version that was
 * read earlier would name other schedules, and come back when a merchant takes a change back.
 */
export async function readEnabledSchedules(reader: Reader): Promise<ScheduleSnapshot> {
  const rows = await reader.query<Row & { version: string }>(
    `select ${SCHEDULE_COLUMNS}, ${VERSION} as version from import_schedules where enabled
      order by merchant_id, shop`,
  );
  const version = rows[0]?.version ?? '';
  return { version, schedules: rows.map(({ version: _, ...row }) => toSchedule(row, new Date())) };
}

/** The version alone: reading it costs less than reading them all. */
export async function versionOfSchedules(reader: Reader): Promise<string> {
  const [row] = await reader.query<{ version: string }>(`select ${VERSION} as version`);
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
