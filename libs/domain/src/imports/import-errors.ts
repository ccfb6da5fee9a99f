import { and, asc, sql } from 'drizzle-orm';
import type { MerchantId, ImportId } from '@core/contracts';
import { build, customerImportErrors, limit, nullable, statement, text, type Reader } from '@core/db';
import { keysetPage, type PageOf, type Pages } from '../core/index.ts';
import { getImport } from './imports.ts';
import { isOfRun, RUN } from './of-run.ts';

export interface ImportError {
  externalId: string;
  reason: string;
  occurredAt: Date;
}

export interface ErrorsOf {
  merchantId: MerchantId;
  importId: ImportId;
  /** This one alone. */
  reason?: string | undefined;
}

/** The errors of a run, oldest first: behind the one of this id, and of this reason, where they are not null. */
const READ = statement({
  params: { ...RUN, after: nullable(customerImportErrors.id), reason: nullable(text), most: limit },
  row: {
    id: customerImportErrors.id,
    externalId: customerImportErrors.externalId,
    reason: customerImportErrors.reason,
    occurredAt: customerImportErrors.occurredAt,
  },
  text: (p, row) =>
    build
      .select(row)
      .from(customerImportErrors)
      .where(
        and(
          isOfRun(customerImportErrors, p),
          sql`(${p.after} is null or ${customerImportErrors.id} > ${p.after})`,
          sql`(${p.reason} is null or ${customerImportErrors.reason} = ${p.reason})`,
        ),
      )
      .orderBy(asc(customerImportErrors.id))
      .limit(p.most),
});

/** Oldest first. @throws CoreError invalid_argument; not_found for an import that is not the merchant's */
export async function listImportErrors(
  reader: Reader,
  pages: Pages,
  { merchantId, importId, reason, ...asked }: PageOf & ErrorsOf,
): Promise<{ errors: ImportError[]; nextPageToken: string }> {
  const list = ['import_errors', merchantId, importId, ...(reason ? [reason] : [])];
  const page = keysetPage<[string]>(pages, list, asked);
  await getImport(reader, { merchantId, importId });
  const { rows, nextPageToken } = page.cut(
    await reader.run(READ, {
      merchantId,
      importId,
      after: page.after?.[0] ?? null,
      reason: reason || null,
      most: page.most,
    }),
    ({ id }) => [id],
  );
  const errors = rows.map(({ externalId, reason, occurredAt }) => ({ externalId, reason, occurredAt }));
  return { errors, nextPageToken };
}

/** Rows per page, by UUIDv7 key: small enough to be no burden, large enough that round trips are not. */
const PAGE = 1_000;

/**
 * All rows of an import that could not be imported as they came, oldest first, a page at a time: an import may have
 * millions. By key and not by a cursor of the database, which would hold a transaction open as long as the reader
 * takes. Whether the import is the merchant's is for the caller to have asked.
 */
export async function* readImportErrors(
  reader: Reader,
  { merchantId, importId }: { merchantId: MerchantId; importId: ImportId },
): AsyncGenerator<ImportError[]> {
  let after: string | null = null;
  for (;;) {
    const of = { merchantId, importId, after, reason: null, most: PAGE };
    const rows: (ImportError & { id: string })[] = await reader.run(READ, of);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.id;
  }
}
