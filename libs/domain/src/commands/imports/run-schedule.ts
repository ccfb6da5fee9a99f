import type { Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import type { CommandContext } from '../../context.ts';
import type { ImportSchedule } from '../../queries/import-schedules.ts';
import { lastAt } from './schedule-times.ts';
import { startImport } from './start-import.ts';

/** By so much the clocks of importers and of PostgreSQL may differ. Firings are an hour apart at least. */
const CLOCKS_DIFFER_MS = 60_000;

/**
 * Starts the run of a schedule's last firing, unless it has been started, or the schedule was set, replaced or
 * disabled since. May be called at any time and by several importers at once: the row is locked, and the run it
 * names tells whether the firing was served.
 * @returns what it did; `refused` is kept for the merchant
 */
export async function runSchedule(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, shop, now = new Date() }: { merchantId: string; shop: string; now?: Date },
): Promise<{ started: string } | { refused: string } | 'not_due'> {
  const [row] = await tx.query<
    Pick<ImportSchedule, 'cron' | 'timeZone' | 'mode' | 'updatedAt' | 'lastImportId'>
  >(
    `select cron, time_zone as "timeZone", mode, updated_at as "updatedAt", last_import_id as "lastImportId"
       from import_schedules where merchant_id = $1 and shop = $2 and enabled for update`,
    [merchantId, shop],
  );
  if (!row) return 'not_due';
  // A job may come a moment before its time by this clock.
  const due = lastAt(row, new Date(now.getTime() + CLOCKS_DIFFER_MS));
  if (!due || due < row.updatedAt) return 'not_due';
  const servedAt = await startOf(tx, merchantId, row.lastImportId);
  if (servedAt && servedAt.getTime() >= due.getTime() - CLOCKS_DIFFER_MS) return 'not_due';
  try {
    const { importId } = await startImport(tx, ctx, { merchantId, shop, mode: row.mode });
    await keep(tx, { merchantId, shop }, { importId, error: null });
    return { started: importId };
  } catch (error) {
    // RaceLost and the like run the transaction anew.
    if (!(error instanceof CoreError)) throw error;
    const refused = `The import of ${due.toISOString()} was left out: ${error.message.replace(/^shop: /, '')}`;
    await keep(tx, { merchantId, shop }, { importId: null, error: refused });
    return { refused };
  }
}

/**
 * A statement of its own, behind the lock: who waited for it sees the schedule as the other importer left it, and of all
 * other tables what was there before it waited, without the run that this one has just started.
 */
async function startOf(tx: Tx, merchantId: string, importId: string | null): Promise<Date | null> {
  const [run] = await tx.query<{ at: Date }>(
    'select created_at as at from customer_import_logs where merchant_id = $1 and id = $2',
    [merchantId, importId],
  );
  return run?.at ?? null;
}

const keep = (
  tx: Tx,
  { merchantId, shop }: { merchantId: string; shop: string },
  { importId, error }: { importId: string | null; error: string | null },
) =>
  tx.query(
    `update import_schedules set last_import_id = coalesce($3, last_import_id), last_error = $4
      where merchant_id = $1 and shop = $2`,
    [merchantId, shop, importId, error],
  );
