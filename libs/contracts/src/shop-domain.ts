/** The only hosts that an access token is ever sent to, in lower case. */
export const SHOP_DOMAIN = /^[a-z0-9][a-z0-9-]{0,59}\.myshopify\.com$/;
