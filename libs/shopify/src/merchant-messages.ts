/** Messages for a merchant when Shopify refuses the app. */

/** By HTTP status. Source: shopify.dev/docs/api/usage/response-codes. */
export const SHOP_STATE: Record<number, string> = {
  402: 'Shopify has frozen the shop until its bill is paid.',
  403: 'Shopify does not let this app into the shop. Check the access that was granted, then resume the import.',
  404: 'Shopify knows no such shop, or not this version of its API.',
  423: 'Shopify has locked the shop.',
};

/** Source: shopify.dev/docs/apps/launch/protected-customer-data (level 1, and level 2 by field). */
export const DENIED_DATA =
  "Shopify does not let this app read customers. In the app's settings request access to protected customer " +
  'data: level 1, and level 2 for the field email. Then resume the import.';
export const DENIED_EMAIL =
  "Shopify does not let this app read customers' emails. In the app's settings request access to protected " +
  'customer data, level 2, for the field email. Then resume the import.';
export const DENIED_SCOPE =
  'This app may not read customers: it lacks the access scope read_customers. Grant it, connect the shop anew, ' +
  'then resume the import.';
export const INACTIVE = 'Shopify says that the shop is not active.';
/** Refers to the configuration of the service: SHOPIFY_REST. */
export const NO_REST =
  "This app may not use Shopify's REST Admin API. Start the import again with another source, or with none: the " +
  'service then chooses.';
