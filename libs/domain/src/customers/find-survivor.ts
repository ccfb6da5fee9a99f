import type { Reader } from '@core/db';
import { CoreError } from '@core/runtime';
import type { CustomerKey } from '../core/index.ts';

/** Not found, because it was merged into another customer, which is still there. */
export class MergedAway extends CoreError {
  override name = 'MergedAway';
  readonly survivorId: string;

  constructor(survivorId: string) {
    super('not_found', 'customer not found: it was merged into another one');
    this.survivorId = survivorId;
  }
}

/**
 * The live customer at the end of the merges of one that is gone; null when there is none. A query of its own, asked
 * only for who is not found: the reads of those who are there, which are all but a few, pay nothing for it.
 */
export async function findSurvivor(
  reader: Reader,
  { merchantId, customerId }: CustomerKey,
): Promise<string | null> {
  const [row] = await reader.query<{ id: string }>(
    // UNION, not UNION ALL: it would end even if the rows pointed in a circle.
    `with recursive chain as (
       select id, merged_into, deleted_at, erased_at from customers where merchant_id = $1 and id = $2
       union
       select c.id, c.merged_into, c.deleted_at, c.erased_at
         from chain join customers c on c.merchant_id = $1 and c.id = chain.merged_into)
     select id from chain where id <> $2 and deleted_at is null and erased_at is null`,
    [merchantId, customerId],
  );
  return row?.id ?? null;
}

/** What to throw for a customer that is not found: MergedAway, or a plain CoreError not_found. */
export async function explainNotFound(reader: Reader, key: CustomerKey): Promise<CoreError> {
  const survivor = await findSurvivor(reader, key);
  return survivor === null ? new CoreError('not_found', 'customer not found') : new MergedAway(survivor);
}
