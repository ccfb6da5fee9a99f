import { and, desc, eq, sql, type Column, type SQL } from 'drizzle-orm';
import type { MerchantId, ImportId } from '@core/contracts';
import {
  build,
  customerImportLogs,
  customerImportSlices,
  limit,
  nullable,
  statement,
  type Fields,
  type Reader,
  type RowOf,
} from '@core/db';
import { notFound } from '@core/runtime';
import { keysetPage, type PageOf, type Pages } from '../core/index.ts';
import { isRun, RUN, isSliceOfRun } from './of-run.ts';

const sumOf = (counter: Column): SQL<number> => sql`coalesce(sum(${counter}), 0)::float8`;

const IMPORT_RUN = {
  importId: customerImportLogs.id,
  merchantId: customerImportLogs.merchantId,
  shop: customerImportLogs.shop,
  status: customerImportLogs.status,
  source: customerImportLogs.source,
  mode: customerImportLogs.mode,
  /** Why it was started; null: by an earlier build. */
  trigger: customerImportLogs.trigger,
  /** The shop's own count of customers created up to the start; null until it has been requested. */
  expected: customerImportLogs.expected,
  /** Distinct customers, once the run has ended. */
  read: sumOf(customerImportSlices.read),
  created: sumOf(customerImportSlices.created),
  updated: sumOf(customerImportSlices.updated),
  unchanged: sumOf(customerImportSlices.unchanged),
  /** Erased customers, who are not restored. */
  skipped: sumOf(customerImportSlices.skipped),
  /** Customers that were not stored. */
  failed: sumOf(customerImportSlices.failed),
  /** Customers that the shop no longer has. */
  deleted: sumOf(customerImportSlices.deleted),
  /** In a delta run: the created and updated customers that a webhook should have brought. */
  missed: sumOf(customerImportSlices.missed),
  /** Whether customers are stored without their emails; null until the shop was asked. */
  emailsWithheld: customerImportLogs.emailsWithheld,
  waitingReason: customerImportLogs.waitingReason,
  error: customerImportLogs.error,
  /**
   * Customers not stored as received, by reason; null until the run has ended, and for runs of earlier
   * builds.
   */
  rowErrors: customerImportLogs.rowErrors,
  startedAt: customerImportLogs.startedAt,
  finishedAt: customerImportLogs.finishedAt,
  createdAt: customerImportLogs.createdAt,
};
export type ImportRun = RowOf<typeof IMPORT_RUN>;

const selectRuns = (row: Fields, which: SQL | undefined) =>
  build
    .select(row)
    .from(customerImportLogs)
    .leftJoin(customerImportSlices, isSliceOfRun())
    .where(which)
    .groupBy(customerImportLogs.merchantId, customerImportLogs.id);

const GET = statement({ params: RUN, row: IMPORT_RUN, text: (p, row) => selectRuns(row, isRun(p)) });

/** @throws CoreError not_found, also for another merchant's import */
export async function getImport(
  reader: Reader,
  { merchantId, importId }: { merchantId: MerchantId; importId: ImportId },
): Promise<ImportRun> {
  const [run] = await reader.run(GET, { merchantId, importId });
  if (!run) throw notFound('import');
  return run;
}

const LIST = statement({
  params: {
    merchantId: customerImportLogs.merchantId,
    before: nullable(customerImportLogs.id),
    most: limit,
  },
  row: IMPORT_RUN,
  text: (p, row) =>
    selectRuns(
      row,
      and(
        eq(customerImportLogs.merchantId, p.merchantId),
        sql`(${p.before} is null or ${customerImportLogs.id} < ${p.before})`,
      ),
    )
      // Ids are UUIDv7: their order is the order of creation.
      .orderBy(desc(customerImportLogs.id))
      .limit(p.most),
});

/** Lists a merchant's imports, newest first. @throws CoreError invalid_argument */
export async function listImports(
  reader: Reader,
  pages: Pages,
  { merchantId, ...asked }: PageOf & { merchantId: MerchantId },
): Promise<{ imports: ImportRun[]; nextPageToken: string }> {
  const { after, most, cut } = keysetPage<[ImportId]>(pages, ['imports', merchantId], asked);
  const read = await reader.run(LIST, { merchantId, before: after?.[0] ?? null, most });
  const { rows: imports, nextPageToken } = cut(read, ({ importId }) => [importId]);
  return { imports, nextPageToken };
}
