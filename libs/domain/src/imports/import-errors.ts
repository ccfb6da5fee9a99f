import type { Reader } from '@core/db';
import type { ImportError } from './imports.ts';

/** Of a UUIDv7 key: small enough to be no burden, large enough that round trips are not. */
const PAGE = 1_000;

/**
 * All rows of an import that could not be imported as they came, oldest first, a page at a time: an import may have
 * millions. By key and not by a cursor of the database, which would hold a transaction open as long as the reader
 * takes. Whether the import is the merchant's is for the caller to have asked.
 */
export async function* readImportErrors(
  reader: Reader,
  { merchantId, importId }: { merchantId: string; importId: string },
): AsyncGenerator<ImportError[]> {
  let after: string | null = null;
  for (;;) {
    const rows: (ImportError & { id: string })[] = await reader.query(
      `select id, external_id as "externalId", reason, occurred_at as "occurredAt"
         from customer_import_errors
        where merchant_id = $1 and import_id = $2 and ($3::uuid is null or id > $3)
        order by id limit ${PAGE}`,
      [merchantId, importId, after],
    );
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.id;
  }
}
