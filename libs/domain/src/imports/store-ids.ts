import { build, customerImportIds, insertValues, int8, many, statement, type Tx } from '@core/db';
import type { ImportRef } from './cancel-import.ts';
import type { PageRef } from './lease.ts';
import { isOfRun, RUN } from './of-run.ts';

const STORE = statement({
  params: { ...RUN, slice: customerImportIds.slice, page: customerImportIds.page, ids: many(int8) },
  text: (p) => insertValues(customerImportIds, p),
});

export interface StoreIds extends PageRef {
  /** The numbers in ids such as gid://shopify/Customer/7. */
  ids: readonly number[];
}

/** Stores the ids of the customers that the page contained, in the page's transaction. */
export async function storeIds(tx: Tx, input: StoreIds): Promise<void> {
  if (input.ids.length > 0) await tx.run(STORE, input);
}

const DELETE = statement({
  params: RUN,
  text: (p) => build.delete(customerImportIds).where(isOfRun(customerImportIds, p)),
});

/** Deletes the ids of a run that restarts, has completed, or is too old to be resumed. */
export async function deleteIds(tx: Tx, ref: ImportRef): Promise<void> {
  await tx.run(DELETE, ref);
}
