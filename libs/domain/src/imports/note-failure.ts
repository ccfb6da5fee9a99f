import type { Tx } from '@core/db';
import { Fenced, type PageRef } from './lease.ts';

/**
 * Notes that the next page of the slice failed. Since when stands in the row and not in a process: the page changes
 * hands, and between two tries may lie more than a process remembers. Its commit forgets it, as does any answer.
 * @returns milliseconds since it failed first
 * @throws Fenced
 */
export async function noteFailure(tx: Tx, page: PageRef): Promise<number> {
  const { merchantId, importId, slice, fence } = page;
  const [noted] = await tx.query<{ age: number }>(
    `update customer_import_slices set failing_since = coalesce(failing_since, clock_timestamp())
      where merchant_id = $1 and import_id = $2 and slice = $3 and fence = $4 and page = $5 and not done
     returning (1000 * extract(epoch from clock_timestamp() - failing_since))::float8 as age`,
    [merchantId, importId, slice, fence, page.page],
  );
  if (!noted) throw new Fenced('the page is no longer ours');
  return noted.age;
}
