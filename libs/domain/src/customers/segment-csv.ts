import { readShopifyRfmGroup } from '@core/contracts';
import type { CustomerRow } from '@core/db';
import { csvLines } from '@core/runtime';
import type { DisclosedEmails } from './emails/disclose-emails.ts';

const CELLS: Readonly<Record<string, (row: CustomerRow) => string | number | null | undefined>> = {
  customer_id: ({ id }) => id,
  external_id: ({ externalId }) => externalId,
  segment: ({ rfmScore }) => rfmScore?.segment,
  recency: ({ rfmScore }) => rfmScore?.recency,
  frequency: ({ rfmScore }) => rfmScore?.frequency,
  monetary: ({ rfmScore }) => rfmScore?.monetary,
  score: ({ rfmScore }) => rfmScore?.score,
  as_of: ({ rfmScore }) => rfmScore?.as_of,
  shopify_rfm_group: ({ metadata }) => readShopifyRfmGroup(metadata?.['rfm_group']),
};

interface Columns {
  /** Adds the column `email`, which is empty where there is none, or it cannot be decrypted. */
  emails: DisclosedEmails | null;
}

/** Returns the line with the headings of a segment's file. */
export const segmentCsvHead = ({ emails }: { emails: boolean }): string =>
  csvLines([[...Object.keys(CELLS), ...(emails ? ['email'] : [])]]);

/** Returns the lines of some customers of a segment. */
export const segmentCsv = (rows: readonly CustomerRow[], { emails }: Columns): string =>
  csvLines(
    rows.map((row) => [
      ...Object.values(CELLS).map((cell) => String(cell(row) ?? '')),
      ...(emails ? [emails.get(row.id) ?? ''] : []),
    ]),
  );
