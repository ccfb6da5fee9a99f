import { sql } from 'drizzle-orm';
import {
  build,
  customerImportSlices,
  insertSelect,
  int,
  many,
  numberedUnnest,
  statement,
  type SliceKind,
  type Tx,
} from '@core/db';
import type { ImportRef } from './cancel-import.ts';
import { isOfRun, RUN } from './of-run.ts';
import { writeRange, type SliceRange } from './slice-range.ts';

export interface NewSlice {
  kind: SliceKind;
  range?: SliceRange;
}

const LAST = statement({
  params: RUN,
  row: { slice: sql<number>`coalesce(max(${customerImportSlices.slice}), -1)::integer` },
  text: (p, row) => build.select(row).from(customerImportSlices).where(isOfRun(customerImportSlices, p)),
});

const ADD = statement({
  params: {
    ...RUN,
    first: int,
    kinds: many(customerImportSlices.kind),
    ranges: many(customerImportSlices.range),
  },
  text({ merchantId, importId, first, kinds, ranges }) {
    const given = numberedUnnest('given', { kind: kinds, range: ranges });
    const slice = sql`${first} + ${given.nr} - 1`;
    const { kind, range } = given;
    return sql`${insertSelect(customerImportSlices, { importId, slice, merchantId, kind, range })} from ${given}`;
  },
});

/**
 * Appends slices to a run. Slice numbers are never reused, even when a resume reads the shop from the start
 * again: a job of an older slice never matches a newer one.
 * @returns the number of the first new slice
 */
export async function addSlices(tx: Tx, ref: ImportRef, slices: readonly NewSlice[]): Promise<number> {
  const [last] = await tx.run(LAST, ref);
  const first = (last?.slice ?? -1) + 1;
  await tx.run(ADD, {
    ...ref,
    first,
    kinds: slices.map(({ kind }) => kind),
    ranges: slices.map(({ range }) => writeRange(range ?? {})),
  });
  return first;
}
