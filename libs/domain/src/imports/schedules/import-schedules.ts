import { asc, eq, sql } from 'drizzle-orm';
import type { MerchantId, ImportId } from '@core/contracts';
import { build, importSchedules, statement, type Reader, type RowOf } from '@core/db';
import { nextAt, type ScheduleTimes } from './firings.ts';

export interface ImportSchedule extends ScheduleTimes {
  merchantId: MerchantId;
  shop: string;
  mode: 'full' | 'delta';
  enabled: boolean;
  /** The run that it started last; null before the first. */
  lastImportId: ImportId | null;
  /** Why it could not start a run; shown to the merchant. */
  lastError: string | null;
  /** When the merchant set it last. */
  updatedAt: Date;
  /** Null while it is not enabled. */
  nextAt: Date | null;
}

/** The fields of an ImportSchedule. */
export const SCHEDULE = {
  merchantId: importSchedules.merchantId,
  shop: importSchedules.shop,
  cron: importSchedules.cron,
  timeZone: importSchedules.timeZone,
  mode: importSchedules.mode,
  enabled: importSchedules.enabled,
  lastImportId: importSchedules.lastImportId,
  lastError: importSchedules.lastError,
  updatedAt: importSchedules.updatedAt,
};

const LIST = statement({
  params: { merchantId: importSchedules.merchantId },
  row: SCHEDULE,
  text: (p, row) =>
    build
      .select(row)
      .from(importSchedules)
      .where(eq(importSchedules.merchantId, p.merchantId))
      .orderBy(asc(importSchedules.shop)),
});

/**
 * Lists a merchant's schedules by shop. There is at most one for each connected shop, so they are not paged.
 */
export async function listImportSchedules(
  reader: Reader,
  { merchantId, now = new Date() }: { merchantId: MerchantId; now?: Date },
): Promise<ImportSchedule[]> {
  const rows = await reader.run(LIST, { merchantId });
  return rows.map((row) => toSchedule(row, now));
}

export interface ScheduleSnapshot {
  /** Changes whenever the times of enabled schedules change. */
  version: string;
  schedules: ImportSchedule[];
}

const { merchantId, shop, cron, timeZone } = importSchedules;
const ENABLED = sql`${importSchedules.enabled}`;

/**
 * A hash over all enabled rows. Rejected: their number and their newest change, because a change that commits
 * late is older than one already seen.
 */
const VERSION = sql<string>`(
  select coalesce(md5(string_agg(concat_ws('|', ${merchantId}, ${shop}, ${cron}, ${timeZone}), ','
                                 order by ${merchantId}, ${shop})), '')
    from ${importSchedules} where ${ENABLED})`;

const READ_ENABLED = statement({
  crosses: 'queues',
  row: { ...SCHEDULE, version: VERSION },
  text: (_, row) =>
    build.select(row).from(importSchedules).where(ENABLED).orderBy(asc(merchantId), asc(shop)),
});

/**
 * Reads the enabled schedules of all merchants, for the importers, and their version in one statement. A
 * version that was read earlier could describe other schedules, and would recur when a merchant reverts a
 * change.
 */
export async function readEnabledSchedules(reader: Reader): Promise<ScheduleSnapshot> {
  const rows = await reader.run(READ_ENABLED);
  const version = rows[0]?.version ?? '';
  return { version, schedules: rows.map(({ version: _, ...row }) => toSchedule(row, new Date())) };
}

const READ_VERSION = statement({
  crosses: 'queues',
  row: { version: VERSION },
  text: (_, row) => sql`select ${row}`,
});

/** Reads the version alone, which costs less than reading all schedules. */
export async function versionOfSchedules(reader: Reader): Promise<string> {
  const [row] = await reader.run(READ_VERSION);
  return row?.version ?? '';
}

export const toSchedule = (row: RowOf<typeof SCHEDULE>, now: Date): ImportSchedule => ({
  ...row,
  nextAt: row.enabled ? nextAt(row, now) : null,
});
