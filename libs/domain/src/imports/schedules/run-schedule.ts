import { and, eq, sql } from 'drizzle-orm';
import type { MerchantId, ImportId } from '@core/contracts';
import { build, customerImportLogs, importSchedules, nullable, statement, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import type { CommandContext } from '../../core/index.ts';
import { ofShop, SHOP } from '../shops/of-shop.ts';
import { startImport } from '../start-import.ts';
import { lastAt } from './firings.ts';

/** How far the clocks of two importers may differ. */
const CLOCKS_DIFFER_MS = 60_000;

export interface RunSchedule {
  merchantId: MerchantId;
  shop: string;
  /** The time that the caller's timer was set for. It may be slightly ahead of this process's clock. */
  setFor?: Date;
  now?: Date;
}

const LOCK = statement({
  params: SHOP,
  row: {
    cron: importSchedules.cron,
    timeZone: importSchedules.timeZone,
    mode: importSchedules.mode,
    updatedAt: importSchedules.updatedAt,
    lastImportId: importSchedules.lastImportId,
    lastDueAt: importSchedules.lastDueAt,
  },
  text: (p, row) =>
    build
      .select(row)
      .from(importSchedules)
      .where(and(ofShop(importSchedules, p), importSchedules.enabled))
      .for('update'),
});

/**
 * Starts the run of a schedule's last firing, unless it was served, or the schedule was set, replaced or
 * disabled since. May be called at any time and by several importers at once: the row is locked and names the
 * firing that was served last. A refused firing counts as served.
 * @returns the result; `refused` is stored for the merchant
 */
export async function runSchedule(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, shop, now = new Date(), setFor = now }: RunSchedule,
): Promise<{ started: string } | { refused: string } | 'not_due'> {
  const [row] = await tx.run(LOCK, { merchantId, shop });
  if (!row) return 'not_due';
  // Only as far ahead as the timer was set for: a general look-ahead would select the later of two firings
  // that are a minute apart, and skip the earlier one.
  const ahead = Math.min(setFor.getTime(), now.getTime() + CLOCKS_DIFFER_MS);
  const due = lastAt(row, new Date(Math.max(now.getTime(), ahead)));
  if (!due || due < row.updatedAt || (row.lastDueAt && due <= row.lastDueAt)) return 'not_due';
  // A run that was started at that time or later served it: the previous build stored only the run.
  const startedAt = await startOf(tx, merchantId, row.lastImportId);
  if (startedAt && startedAt >= due) return 'not_due';
  try {
    const { importId } = await startImport(tx, ctx, {
      merchantId,
      shop,
      mode: row.mode,
      trigger: 'schedule',
    });
    await keep(tx, { merchantId, shop }, { due, importId, error: null });
    return { started: importId };
  } catch (error) {
    // RaceLost and similar errors run the transaction again.
    if (!(error instanceof CoreError)) throw error;
    const refused = `The import scheduled for ${due.toISOString()} was skipped: ${error.message.replace(/^shop: /, '')}`;
    await keep(tx, { merchantId, shop }, { due, importId: null, error: refused });
    return { refused };
  }
}

const FIND_START = statement({
  params: { merchantId: customerImportLogs.merchantId, importId: nullable(customerImportLogs.id) },
  row: { at: customerImportLogs.createdAt },
  text: (p, row) =>
    build
      .select(row)
      .from(customerImportLogs)
      .where(and(eq(customerImportLogs.merchantId, p.merchantId), eq(customerImportLogs.id, p.importId))),
});

/**
 * Reads when the run started, in a separate statement after the lock. A locking statement that waited sees
 * the schedule as the other importer left it, but all other tables as they were before the wait. It misses
 * the run that the other importer has just started.
 */
async function startOf(tx: Tx, merchantId: MerchantId, importId: ImportId | null): Promise<Date | null> {
  const [run] = await tx.run(FIND_START, { merchantId, importId });
  return run?.at ?? null;
}

const KEEP = statement({
  params: {
    ...SHOP,
    due: importSchedules.lastDueAt,
    importId: importSchedules.lastImportId,
    error: importSchedules.lastError,
  },
  text: (p) =>
    build
      .update(importSchedules)
      .set({
        lastDueAt: p.due,
        lastImportId: sql`coalesce(${p.importId}, ${importSchedules.lastImportId})`,
        lastError: p.error,
      })
      .where(ofShop(importSchedules, p)),
});

const keep = (
  tx: Tx,
  schedule: { merchantId: MerchantId; shop: string },
  served: { due: Date; importId: ImportId | null; error: string | null },
) => tx.run(KEEP, { ...schedule, ...served });
