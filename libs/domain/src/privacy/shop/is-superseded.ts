import { and, eq, gt, or, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import {
  appInstallations,
  build,
  instantOf,
  nullable,
  ONE,
  shopDirectory,
  statement,
  type Tx,
} from '@core/db';
import { REDACTED_AFTER } from '../../imports/index.ts';

const { merchantId, shop, shopId, generation, provenAt } = shopDirectory;

/** The second and later fields are not known for a request by an event, and for one of an earlier build. */
const FIND_LATER = statement({
  params: { merchantId, shop, generation: nullable(generation), at: nullable(instantOf) },
  row: ONE,
  text(p, row) {
    // In whole seconds, as in isLater.
    const hasEnded = build
      .select(ONE)
      .from(appInstallations)
      .where(
        and(
          eq(appInstallations.shopId, shopId),
          sql`date_trunc('second', ${appInstallations.uninstalledAt}) >= date_trunc('second', ${provenAt})`,
        ),
      );
    return build
      .select(row)
      .from(shopDirectory)
      .where(
        and(
          eq(merchantId, p.merchantId),
          eq(shop, p.shop),
          or(
            gt(generation, p.generation),
            and(sql`${provenAt} > ${p.at} - ${REDACTED_AFTER}`, sql`not exists ${hasEnded}`),
          ),
        ),
      );
  },
});

export interface RedactedInstallation {
  merchantId: MerchantId;
  /** Absent: all data of the merchant. */
  shop?: string | undefined;
  /** Absent: not known. */
  generation?: number | undefined;
  /** When Shopify triggered the shop/redact; absent: it was not requested by one. */
  at?: Date | undefined;
}

/**
 * Whether the merchant has connected the shop again in a later installation of the app. Also true when that
 * one has ended: its own shop/redact follows.
 *
 * An uninstall whose webhook was lost is not counted. The shop/redact tells when it was: a proof since then
 * is of a later installation, unless that one is known to have ended.
 */
export const isSuperseded = async (
  tx: Tx,
  { merchantId, shop, generation, at }: RedactedInstallation,
): Promise<boolean> =>
  shop !== undefined && (await tx.run(FIND_LATER, { merchantId, shop, generation, at })).length > 0;
