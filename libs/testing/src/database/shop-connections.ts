import type { Pool } from 'pg';

interface Connection {
  merchantId: string;
  shop: string;
  /** Absent: an unproven connection, as builds without proofs stored it. */
  shopId?: string | number;
}

/** Stores a connection with a token that no key decrypts, and its entry in the directory of shops. */
export async function insertConnection(
  pool: Pick<Pool, 'query'>,
  { merchantId, shop, shopId }: Connection,
): Promise<void> {
  await pool.query(
    `with entered as (insert into shop_directory (shop, merchant_id, shop_id) values ($2, $1, $3))
     insert into shopify_connections (merchant_id, shop, access_token) values ($1, $2, '1.encrypted')`,
    [merchantId, shop, shopId ?? null],
  );
}

/**
 * The entry of a shop that was disconnected stays until its redaction.
 * @throws Error naming connections without an entry in the directory of shops, and entries without connection
 */
export async function assertShopDirectory(pool: Pick<Pool, 'query'>): Promise<void> {
  const { rows } = await pool.query<{ merchant: string; shop: string; lacks: string }>(
    `select merchant_id as merchant, shop,
            case when c.shop is null then 'a connection' else 'an entry in the directory' end as lacks
       from shopify_connections c full join shop_directory d using (merchant_id, shop)
      where (c.shop is null and d.ended_at is null) or d.shop is null order by 1, 2`,
  );
  const found = rows.map(({ merchant, shop, lacks }) => `${shop} of merchant ${merchant} lacks ${lacks}`);
  if (found.length > 0) throw new Error(found.join('\n'));
}
