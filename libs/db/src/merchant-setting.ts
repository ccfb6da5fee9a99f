const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * What names the merchant whose rows the transaction sees: policies of row-level security compare with it. One simple
 * query with BEGIN, so that it costs no round trip; SET takes no parameters, hence the check. LOCAL, or the next one who
 * gets the connection would be this merchant.
 * @throws Error for what is no uuid, which never comes near PostgreSQL
 */
export function beginFor(merchantId: string | undefined, begin: 'begin' | 'begin read only'): string {
  if (merchantId === undefined) return begin;
  if (!UUID.test(merchantId))
    throw new Error('a transaction is for a merchant, and what it was given is no uuid');
  return `${begin}; set local core.merchant_id = '${merchantId}'`;
}
