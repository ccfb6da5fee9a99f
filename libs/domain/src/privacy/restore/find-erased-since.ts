import type { MerchantKeys, Reader } from '@core/db';
import { externalIdOf, type CommandContext } from '../../core/index.ts';
import { emailTombstone, externalIdTombstones } from '../../customers/index.ts';
import type { Kept } from './kept.ts';

/** A customer that the backup contains and that was erased after it was taken. */
export interface ErasedSince {
  merchantId: string;
  customerId: string;
}

const PAGE = 5_000;

/**
 * Finds the customers in the backup that were erased after it was taken: by the customer that a receipt
 * names, and by the tombstones written since. The tombstones find customers that share an email: a request by
 * email erases all of them, and its receipt names one. A person who came back after the erasure has another
 * id and is not in the backup.
 * @param since the time of the backup
 */
export async function findErasedSince(
  reader: Reader,
  ctx: Pick<CommandContext, 'keys'>,
  { requests, tombstones }: Kept,
  since: string,
): Promise<ErasedSince[]> {
  const from = Date.parse(since);
  const named = requests.filter(
    ({ kind, customerId, completedAt }) =>
      kind === 'redact' && customerId !== null && completedAt !== null && Date.parse(completedAt) >= from,
  );
  const found: ErasedSince[] = await reader.query<ErasedSince & Record<string, unknown>>(
    `select merchant_id as "merchantId", id as "customerId" from customers
      where erased_at is null and (merchant_id, id) in (select * from unnest($1::uuid[], $2::uuid[]))`,
    [named.map(({ merchantId }) => merchantId), named.map(({ customerId }) => customerId)],
  );
  const written = tombstones.filter(({ erasedAt }) => Date.parse(erasedAt) >= from);
  for (const [merchantId, marks] of Map.groupBy(written, (mark) => mark.merchantId)) {
    const keys = await ctx.keys.find(reader, merchantId);
    if (!keys) continue;
    const hashes = new Set(marks.map(({ kind, hash }) => `${kind}|${hash}`));
    found.push(...(await findMarked(reader, keys, merchantId, hashes)));
  }
  return [...new Map(found.map((each) => [each.customerId, each])).values()];
}

async function findMarked(
  reader: Reader,
  keys: MerchantKeys,
  merchantId: string,
  hashes: ReadonlySet<string>,
): Promise<ErasedSince[]> {
  const found: ErasedSince[] = [];
  for (let after: string | null = null; ;) {
    const page: { id: string; external_id: string | null; email_hash: Buffer | null }[] = await reader.query(
      `select id, external_id, email_hash from customers
        where merchant_id = $1 and erased_at is null and ($2::uuid is null or id > $2) order by id limit ${PAGE}`,
      [merchantId, after],
    );
    for (const { id, external_id: externalId, email_hash: blindIndex } of page) {
      const marks = [
        ...(externalId === null ? [] : externalIdTombstones(keys, externalIdOf(externalId))).map(
          (hash) => `external_id|${hash.toString('hex')}`,
        ),
        ...(blindIndex === null ? [] : [`email|${emailTombstone(keys, blindIndex).toString('hex')}`]),
      ];
      if (marks.some((mark) => hashes.has(mark))) found.push({ merchantId, customerId: id });
    }
    if (page.length < PAGE) return found;
    after = page.at(-1)?.id ?? null;
  }
}
