/** Messages for a merchant when Shopify refuses the app, or answers with something else than data. */

/** By HTTP status. Source: shopify.dev/docs/api/usage/response-codes. */
export const SHOP_STATE = {
  402: 'Shopify has frozen the shop until its bill is paid. Pay it in the Shopify admin, then resume the import.',
  403: 'Shopify does not let this app into the shop. Check the access that was granted, then resume the import.',
  404:
    'Shopify knows no such shop, or not this version of its API. Check that the shop is open and that this is its ' +
    'myshopify.com domain, then resume the import.',
  423: "Shopify has locked the shop. Ask Shopify's support to unlock it, then resume the import.",
} as const;

const HAS_SENTENCE: Readonly<Record<number, string>> = SHOP_STATE;

export const refusedWith = (status: number): string =>
  HAS_SENTENCE[status] ??
  `Shopify rejected the request (HTTP ${status}). Resume the import; if it fails again, report this to support.`;

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
export const INACTIVE =
  'Shopify says that the shop is not active. Choose a plan in the Shopify admin, then resume the import.';
/** Refers to the configuration of the service: SHOPIFY_REST. */
export const NO_REST =
  "This app may not use Shopify's REST Admin API. Start the import again with another source, or with none: the " +
  'service then chooses.';

export const renamedTo = (domain: string): string =>
  `Shopify has renamed the shop: it is ${domain} now. Move its connection there (MoveShopConnection), then resume the ` +
  'import.';
/** The message about a refused token of a connection that is to be moved. */
export const storedTokenRefused = (domain: string): string =>
  `${domain} does not accept the access token of the connection, which may have ended. Connect ${domain} with a new token: ` +
  'that moves the connection, too.';
export const LEADS_ELSEWHERE =
  "Shopify sends requests to this shop's domain to another site, which is no myshopify.com domain. Find the shop's " +
  'myshopify.com domain in the Shopify admin under Settings, Domains, and connect the shop by it.';

/** The kind of answer that came in place of data. */
export type Unusable =
  /** HTTP 5xx, or an error that Shopify calls its own. */
  | 'error'
  /** HTML. */
  | 'web_page'
  | 'empty'
  /** JSON that breaks off. */
  | 'cut_short'
  /** JSON, but not what the API promises. */
  | 'other_form'
  /** To the same shop, or to nowhere. */
  | 'redirect';

/**
 * The messages for the merchant while the same request is tried again, and once it was given up. A sentence that only
 * says that Shopify is away would make them wait in vain.
 */
export const UNUSABLE: Readonly<Record<Unusable | 'none', { now: string; gaveUp: string }>> = {
  none: {
    now: 'Shopify does not answer',
    gaveUp: 'Shopify could not be reached for too long. Resume the import later.',
  },
  error: {
    now: 'Shopify answers with an error of its own',
    gaveUp:
      'Shopify answered with errors of its own for too long. See status.shopify.com, and resume the import later.',
  },
  web_page: {
    now: 'Shopify answers with a web page in place of data',
    gaveUp:
      'Shopify answered with a web page in place of data for too long. Open the shop in the Shopify admin and see ' +
      'whether it is open and whether this is its myshopify.com domain, then resume the import.',
  },
  empty: {
    now: 'Shopify answers with nothing',
    gaveUp:
      'Shopify answered with nothing for too long. See status.shopify.com, and resume the import later; if it fails ' +
      'again, report this to support.',
  },
  cut_short: {
    now: "Shopify's answers break off",
    gaveUp:
      "Shopify's answers broke off for too long. Resume the import later; if it fails again, report this to support.",
  },
  other_form: {
    now: 'Shopify answers with something else than its API promises',
    gaveUp:
      'Shopify answered with something else than its API promises for too long. Report this to support, then resume the ' +
      'import.',
  },
  redirect: {
    now: 'Shopify answers with a redirect that leads nowhere',
    gaveUp:
      'Shopify answered with redirects in place of data for too long. Open the shop in the Shopify admin and see whether ' +
      'it is open, then resume the import.',
  },
};
