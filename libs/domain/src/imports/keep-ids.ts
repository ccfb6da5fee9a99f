import { build, customerImportIds, insertValues, int8, many, statement, type Tx } from '@core/db';
import type { ImportRef } from './cancel-import.ts';
import type { PageRef } from './lease.ts';
import { isOfRun, RUN } from './of-run.ts';

const KEEP = statement({
  params: { ...RUN, slice: customerImportIds.slice, page: customerImportIds.page, ids: many(int8) },
  text: (p) => insertValues(customerImportIds, p),
});

export interface KeepIds extends PageRef {
  /** The numbers in ids such as gid://shopify/Customer/7. */
  ids: readonly number[];
}

/** Stores the ids of the customers that the page contained, in the page's transaction. */
export async function keepIds(tx: Tx, input: KeepIds): Promise<void> {
  if (input.ids.length > 0) await tx.run(KEEP, input);
}

const FORGET = statement({
  params: RUN,
  text: (p) => build.delete(customerImportIds).where(isOfRun(customerImportIds, p)),
});

/** Deletes the ids of a run that restarts, has completed, or is too old to be resumed. */
export async function forgetIds(tx: Tx, ref: ImportRef): Promise<void> {
  await tx.run(FORGET, ref);
}
