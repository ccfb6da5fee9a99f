import { and, eq, max, type Column, type SQL } from 'drizzle-orm';
import { build, customerImportLogs, customerImportSlices, type Placeholders } from '@core/db';

/** The parameters of statements about one run: an ImportRef. */
export const RUN = { merchantId: customerImportLogs.merchantId, importId: customerImportLogs.id };
type RunPlaceholders = Placeholders<typeof RUN>;

/** The condition that selects the run's own row. */
export const isRun = (p: RunPlaceholders): SQL | undefined =>
  and(eq(customerImportLogs.merchantId, p.merchantId), eq(customerImportLogs.id, p.importId));

/** The condition for a row that belongs to the run, in one of the other tables. */
export const isOfRun = (of: { merchantId: Column; importId: Column }, p: RunPlaceholders): SQL | undefined =>
  and(eq(of.merchantId, p.merchantId), eq(of.importId, p.importId));

/** The condition for a slice that belongs to the joined run. */
export const isSliceOfRun = (): SQL | undefined =>
  and(
    eq(customerImportSlices.merchantId, customerImportLogs.merchantId),
    eq(customerImportSlices.importId, customerImportLogs.id),
  );

/** Subquery: the number of the run's latest planning slice. */
export const lastPlan = (p: RunPlaceholders) =>
  build
    .select({ slice: max(customerImportSlices.slice) })
    .from(customerImportSlices)
    .where(and(isOfRun(customerImportSlices, p), eq(customerImportSlices.kind, 'plan')));
