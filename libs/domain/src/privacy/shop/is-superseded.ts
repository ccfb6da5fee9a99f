import { and, eq, gt } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { build, ONE, shopDirectory, statement, type Tx } from '@core/db';

const FIND_LATER = statement({
  params: {
    merchantId: shopDirectory.merchantId,
    shop: shopDirectory.shop,
    generation: shopDirectory.generation,
  },
  row: ONE,
  text: (p, row) =>
    build
      .select(row)
      .from(shopDirectory)
      .where(
        and(
          eq(shopDirectory.merchantId, p.merchantId),
          eq(shopDirectory.shop, p.shop),
          gt(shopDirectory.generation, p.generation),
        ),
      ),
});

export interface RedactedInstallation {
  merchantId: MerchantId;
  /** Absent: all data of the merchant. */
  shop?: string | undefined;
  /** Absent: not known. */
  generation?: number | undefined;
}

/**
 * Whether the merchant has connected the shop again in a later installation of the app. Also true when that
 * one has ended: its own shop/redact follows.
 */
export const isSuperseded = async (
  tx: Tx,
  { merchantId, shop, generation }: RedactedInstallation,
): Promise<boolean> =>
  shop !== undefined &&
  generation !== undefined &&
  (await tx.run(FIND_LATER, { merchantId, shop, generation })).length > 0;
