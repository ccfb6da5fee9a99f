import type { Tx } from '@core/db';
import { loggedId, type RowError } from './page.ts';

export interface PageErrors {
  merchantId: string;
  importId: string;
  /** The ids of all customers on the page. */
  externalIds: readonly string[];
  errors: readonly RowError[];
}

/**
 * Makes the log of the run's errors say what the page found of its customers: what an earlier page of the run had found
 * of them is over. A run reads again what changed meanwhile, and a slice that begins anew everything.
 */
export async function logRowErrors(
  tx: Tx,
  { merchantId, importId, externalIds, errors }: PageErrors,
): Promise<void> {
  const columns = [errors.map(({ externalId }) => externalId), errors.map(({ reason }) => reason)];
  await tx.query(
    `delete from customer_import_errors
      where merchant_id = $1 and import_id = $2 and external_id = any($3::text[])
        and (external_id, reason) not in (select * from unnest($4::text[], $5::text[]))`,
    [merchantId, importId, externalIds.map(loggedId), ...columns],
  );
  if (errors.length === 0) return;
  await tx.query(
    `insert into customer_import_errors (import_id, merchant_id, external_id, reason)
     select $1, $2, e.external_id, e.reason from unnest($3::text[], $4::text[]) as e (external_id, reason)
     on conflict do nothing`,
    [importId, merchantId, ...columns],
  );
}
