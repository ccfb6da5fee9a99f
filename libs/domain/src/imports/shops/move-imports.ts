import { and, eq, not, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { build, customerImportLogs, importSchedules, ONE, statement, type Tx } from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { alreadyRunning, isActive } from '../start-import.ts';
import { ofShop, SHOP } from './of-shop.ts';

const RENAMED = { ...SHOP, newShop: SHOP.shop };

const FIND_ACTIVE = statement({
  params: RENAMED,
  row: ONE,
  text: (p, row) =>
    build
      .select(row)
      .from(customerImportLogs)
      .where(
        and(
          eq(customerImportLogs.merchantId, p.merchantId),
          sql`${customerImportLogs.shop} in (${p.shop}, ${p.newShop})`,
          isActive(),
        ),
      ),
});

const MOVE_IMPORTS = statement({
  params: RENAMED,
  row: ONE,
  text: (p, row) =>
    build
      .update(customerImportLogs)
      .set({ shop: p.newShop })
      .where(ofShop(customerImportLogs, p))
      .returning(row),
});

/**
 * Moves all imports: a delta continues from the last complete one, and a redaction finds the shop's data by
 * the shop's name.
 */
export async function moveImports(
  tx: Tx,
  { merchantId, shop }: ShopConnection,
  newShop: string,
): Promise<number> {
  const active = await tx.run(FIND_ACTIVE, { merchantId, shop, newShop });
  // A shop may have only one import in progress.
  if (active.length > 1) throw await alreadyRunning(tx, merchantId, newShop);
  return (await tx.run(MOVE_IMPORTS, { merchantId, shop, newShop })).length;
}

const MOVE_SCHEDULE = statement({
  params: RENAMED,
  row: ONE,
  text(p, row) {
    const other = alias(importSchedules, 'other');
    const replaced = sql`exists (select from ${importSchedules} as ${other}
                                  where ${ofShop(other, { ...p, shop: p.newShop })})`;
    return build
      .update(importSchedules)
      .set({ shop: p.newShop, updatedAt: sql`now()` })
      .where(and(ofShop(importSchedules, p), not(replaced)))
      .returning(row);
  },
});

const DELETE_SCHEDULE = statement({
  params: SHOP,
  text: (p) => build.delete(importSchedules).where(ofShop(importSchedules, p)),
});

export async function moveSchedule(
  tx: Tx,
  { merchantId, shop }: ShopConnection,
  newShop: string,
): Promise<number> {
  const moved = await tx.run(MOVE_SCHEDULE, { merchantId, shop, newShop });
  await tx.run(DELETE_SCHEDULE, { merchantId, shop });
  return moved.length;
}
