import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { externalIdOf, type CustomerId, type MerchantId } from '@core/contracts';
import { type MerchantKeys } from '@core/crypto';
import { build, customers, many, nullable, statement, unnest, type Reader, type RowOf } from '@core/db';
import type { Keys } from '../../core/index.ts';
import { emailTombstone, externalIdTombstones } from '../../customers/index.ts';
import type { Kept } from './kept.ts';

/** A customer that the backup contains and that was erased after the backup was taken. */
export interface ErasedSince {
  merchantId: MerchantId;
  customerId: CustomerId;
}

const PAGE = 5_000;

const STILL_HERE = statement({
  crosses: 'restore',
  params: { merchantIds: many(customers.merchantId), customerIds: many(customers.id) },
  row: { merchantId: customers.merchantId, customerId: customers.id },
  text(p, row) {
    const named = unnest('named', { merchantId: p.merchantIds, id: p.customerIds });
    return build
      .select(row)
      .from(customers)
      .where(
        and(
          isNull(customers.erasedAt),
          sql`(${customers.merchantId}, ${customers.id}) in (select ${named.merchantId}, ${named.id} from ${named})`,
        ),
      );
  },
});

/**
 * Finds the customers in the backup that were erased after it was taken: by the customer that a receipt
 * names, and by the tombstones written since. The tombstones find customers that share an email: a request by
 * email erases all of them, and its receipt names one. A person who came back after the erasure has another
 * id and is not in the backup.
 * @param input since: the time of the backup
 */
export async function findErasedSince(
  reader: Reader,
  ctx: Keys,
  { kept: { requests, tombstones }, since }: { kept: Kept; since: string },
): Promise<ErasedSince[]> {
  const from = Date.parse(since);
  const named = requests.flatMap(({ merchantId, kind, customerId, completedAt }) =>
    kind === 'redact' && customerId !== null && completedAt !== null && Date.parse(completedAt) >= from
      ? [{ merchantId, customerId }]
      : [],
  );
  const found: ErasedSince[] = await reader.run(STILL_HERE, {
    merchantIds: named.map(({ merchantId }) => merchantId),
    customerIds: named.map(({ customerId }) => customerId),
  });
  const written = tombstones.filter(({ erasedAt }) => Date.parse(erasedAt) >= from);
  for (const [merchantId, marks] of Map.groupBy(written, (mark) => mark.merchantId)) {
    const keys = await ctx.keys.find(reader, merchantId);
    if (!keys) continue;
    const hashes = new Set(marks.map(({ kind, hash }) => `${kind}|${hash}`));
    found.push(...(await findMarked(reader, keys, merchantId, hashes)));
  }
  return [...new Map(found.map((each) => [each.customerId, each])).values()];
}

const ROW = { id: customers.id, externalId: customers.externalId, blindIndex: customers.emailHash };

const NEXT = statement({
  params: { merchantId: customers.merchantId, after: nullable(customers.id) },
  row: ROW,
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(
        and(
          eq(customers.merchantId, p.merchantId),
          isNull(customers.erasedAt),
          sql`(${p.after} is null or ${customers.id} > ${p.after})`,
        ),
      )
      .orderBy(asc(customers.id))
      .limit(PAGE),
});

async function findMarked(
  reader: Reader,
  keys: MerchantKeys,
  merchantId: MerchantId,
  hashes: ReadonlySet<string>,
): Promise<ErasedSince[]> {
  const found: ErasedSince[] = [];
  for (let after: CustomerId | null = null; ;) {
    const page: RowOf<typeof ROW>[] = await reader.run(NEXT, { merchantId, after });
    for (const { id, externalId, blindIndex } of page) {
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
