import { eq, exists, or, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import {
  build,
  customers,
  merchantKeys,
  ONE,
  privacyRequests,
  shopifyConnections,
  statement,
  type Reader,
} from '@core/db';

const IS_KNOWN = statement({
  params: { merchantId: customers.merchantId },
  row: { known: sql<boolean>`known.known` },
  text: (p, row) => {
    const some = [customers, shopifyConnections, merchantKeys, privacyRequests].map((table) =>
      exists(build.select(ONE).from(table).where(eq(table.merchantId, p.merchantId))),
    );
    return sql`select ${row} from (select ${or(...some)} as known) known`;
  },
});

/**
 * Whether anything is stored for the merchant. Auth decides who is a merchant; here, an owner of customers, a
 * shop, a key or a request counts as one.
 */
export const isMerchantKnown = async (reader: Reader, input: { merchantId: MerchantId }): Promise<boolean> =>
  (await reader.run(IS_KNOWN, input))[0]?.known ?? false;
