import { and, eq, lt, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import {
  appendAudit,
  build,
  insertValues,
  ONE,
  statement,
  usedInstallLinks,
  type Actor,
  type Tx,
} from '@core/db';

export interface InstallLink {
  merchantId: MerchantId;
  linkId: string;
  expiresAt: Date;
}

const USE = statement({
  params: {
    merchantId: usedInstallLinks.merchantId,
    linkId: usedInstallLinks.linkId,
    expiresAt: usedInstallLinks.expiresAt,
  },
  row: ONE,
  text: (p, row) => sql`${insertValues(usedInstallLinks, p)} on conflict do nothing returning ${row}`,
});

const FORGET = statement({
  params: { merchantId: usedInstallLinks.merchantId },
  text: (p) =>
    build
      .delete(usedInstallLinks)
      .where(and(eq(usedInstallLinks.merchantId, p.merchantId), lt(usedInstallLinks.expiresAt, sql`now()`))),
});

/** Records that a link was made. It is not stored: it carries its merchant, signed. */
export const recordInstallLink = (
  tx: Tx,
  ctx: Actor,
  { merchantId, linkId, shop }: Pick<InstallLink, 'merchantId' | 'linkId'> & { shop: string },
): Promise<void> =>
  appendAudit(tx, ctx, { merchantId, action: 'shop.link', detail: { shop, link_id: linkId } });

/** Uses a link, whose signature and expiry the caller has checked. @returns false when it was used before */
export async function useInstallLink(tx: Tx, link: InstallLink): Promise<boolean> {
  await tx.run(FORGET, link);
  return (await tx.run(USE, link)).length > 0;
}
