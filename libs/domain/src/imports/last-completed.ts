import { and, inArray, sql } from 'drizzle-orm';
import { build, customerImportLogs, statement, type Tx } from '@core/db';
import type { ShopConnection } from './access-token.ts';
import { ofShop, SHOP } from './shops/of-shop.ts';

const FIND = statement({
  params: SHOP,
  row: {
    startedAt: customerImportLogs.startedAt,
    emailsWithheld: sql<boolean>`coalesce(${customerImportLogs.emailsWithheld}, false)`,
  },
  text: (p, row) =>
    build
      .select(row)
      .from(customerImportLogs)
      .where(
        and(
          ofShop(customerImportLogs, p),
          inArray(customerImportLogs.status, ['completed', 'completed_with_errors']),
        ),
      )
      .orderBy(sql`${customerImportLogs.startedAt} desc nulls last`)
      .limit(1),
});

/** Finds the completed import of a shop that started last: a delta import reads what has changed since. */
export const findLastCompleted = async (
  tx: Tx,
  { merchantId, shop }: ShopConnection,
): Promise<{ startedAt: Date | null; emailsWithheld: boolean } | undefined> =>
  (await tx.run(FIND, { merchantId, shop }))[0];
