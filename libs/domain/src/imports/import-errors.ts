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
  /** Only errors with this reason. */
  reason?: string | undefined;
}

/**
 * The errors of a run, oldest first: only those after this id and with this reason, where these are not null.
 */
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

/**
 * Lists the errors of an import, oldest first.
 * @throws CoreError invalid_argument; not_found for an import that is not the merchant's
 */
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

/** Rows per page, by UUIDv7 key: small enough to be no burden, large enough to keep round trips few. */
const PAGE = 1_000;

/**
 * Yields all rows of an import that could not be imported as received, oldest first, one page at a time: an
 * import may have millions. Pages by key rather than by a database cursor, which would hold a transaction
 * open for as long as the reader takes. The caller must have checked that the import belongs to the merchant.
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
