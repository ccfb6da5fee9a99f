import type { SliceKind, Tx } from '@core/db';
import type { ImportRef } from './cancel-import.ts';
import { writeRange, type SliceRange } from './slice-range.ts';

export interface NewSlice {
  kind: SliceKind;
  range?: SliceRange;
}

/**
 * Appends slices to a run. Their numbers are used once, also over a resume that reads the shop anew: a job of an
 * older slice never fits a newer one.
 * @returns the number of the first
 */
export async function addSlices(
  tx: Tx,
  { merchantId, importId }: ImportRef,
  slices: readonly NewSlice[],
): Promise<number> {
  const [last] = await tx.query<{ slice: number }>(
    'select coalesce(max(slice), -1)::integer as slice from customer_import_slices where import_id = $1',
    [importId],
  );
  const first = (last?.slice ?? -1) + 1;
  await tx.query(
    `insert into customer_import_slices (import_id, slice, merchant_id, kind, range)
     select $1, $3 + place - 1, $2, kind, range
       from unnest($4::text[], $5::text[]) with ordinality as given (kind, range, place)`,
    [
      importId,
      merchantId,
      first,
      slices.map(({ kind }) => kind),
      slices.map(({ range }) => writeRange(range ?? {})),
    ],
  );
  return first;
}
