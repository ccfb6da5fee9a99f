import { and, eq, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import {
  appInstallations,
  bool,
  columns,
  instantOf,
  nullable,
  relation,
  shopDirectory,
  shopifyConnections,
  statement,
  type Tx,
} from '@core/db';
import { REDACTED_AFTER } from '../../imports/index.ts';

/** A shop in the directory, with its connection. */
const JUDGED = relation('judged', { isSuperseded: sql<boolean>``, isUnanswered: sql<boolean>`` });

const READ = statement({
  params: {
    merchantId: shopDirectory.merchantId,
    shop: shopDirectory.shop,
    generation: nullable(shopDirectory.generation),
    at: nullable(instantOf),
    isExact: nullable(bool),
  },
  row: { isSuperseded: JUDGED.isSuperseded, isUnanswered: JUDGED.isUnanswered },
  text(p, row) {
    const { merchantId, shop, shopId, generation, provenAt } = shopDirectory;
    const { answeredAt, isRefused } = shopifyConnections;
    // In whole seconds, as in isLater.
    const hasEnded = sql`exists (
      select from ${appInstallations}
       where ${eq(appInstallations.shopId, shopId)}
         and date_trunc('second', ${appInstallations.uninstalledAt}) >= date_trunc('second', ${provenAt}))`;
    const isOfEarlier = sql`${generation} > ${p.generation} and (${p.isExact} or ${p.at} is null or ${hasEnded})`;
    const isAlive = sql`greatest(${provenAt}, ${answeredAt}) > ${p.at} - ${REDACTED_AFTER}`;
    const judged = {
      isSuperseded: sql`coalesce(${isOfEarlier}, false) or coalesce(${isAlive}, false)`,
      isUnanswered: sql`${p.at} is not null and ${isRefused} is false`,
    };
    const connected = and(eq(shopifyConnections.merchantId, merchantId), eq(shopifyConnections.shop, shop));
    return sql`
      select ${row}
        from (select ${columns(judged)} from ${shopDirectory} left join ${shopifyConnections} on ${connected}
               where ${eq(merchantId, p.merchantId)} and ${eq(shop, p.shop)}) ${JUDGED}`;
  },
});

/** The installation that a redaction is about. A field that is not known is absent. */
export interface RedactedInstallation {
  merchantId: MerchantId;
  /** Absent: all data of the merchant. */
  shop?: string | undefined;
  generation?: number | undefined;
  /** See takeRedaction. */
  isExact?: boolean | undefined;
  /** When Shopify triggered the shop/redact; absent: it was not requested by one. */
  at?: Date | undefined;
}

/**
 * - superseded: the app was installed again since the uninstall that the request is about. Also when that
 *   installation has ended: its own shop/redact follows
 * - unanswered: the merchant's shop is connected as far as we know, and has not said so since. Either the
 *   webhook of its uninstall was lost, or the request is a late one about an earlier installation. Only the
 *   shop can tell: the token of one that has left is dead
 * - due: the shop is not connected, or has refused its token
 */
export type Judgement = 'superseded' | 'unanswered' | 'due';

/**
 * Compares a redaction with the installation of the merchant's shop. The installations are counted by the
 * recorded uninstalls, and one whose webhook was lost is not counted. The time of the shop/redact says when
 * it was: a token that was accepted since is of a later installation.
 */
export async function judgeRedaction(
  tx: Tx,
  { merchantId, shop, generation, isExact, at }: RedactedInstallation,
): Promise<Judgement> {
  if (shop === undefined) return 'due';
  const [found] = await tx.run(READ, { merchantId, shop, generation, isExact, at });
  if (!found) return 'due';
  return found.isSuperseded ? 'superseded' : found.isUnanswered ? 'unanswered' : 'due';
}
