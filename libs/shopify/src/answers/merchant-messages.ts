/** Messages for a merchant when Shopify refuses the app or replies with something other than data. */

/** By HTTP status. Source: shopify.dev/docs/api/usage/response-codes. */
export const SHOP_STATE = {
  402: 'Shopify has frozen the shop until its bill is paid. Pay it in the Shopify admin, then resume the import.',
  403: 'Shopify denies this app access to the shop. Check the access that was granted, then resume the import.',
  404:
    'Shopify does not know this shop or this API version. Check that the shop is open and that this is its ' +
    'myshopify.com domain, then resume the import.',
  423: "Shopify has locked the shop. Ask Shopify's support to unlock it, then resume the import.",
} as const;

const MESSAGES: Readonly<Record<number, string>> = SHOP_STATE;

export const refusalMessage = (status: number): string =>
  MESSAGES[status] ??
  `Shopify rejected the request (HTTP ${status}). Resume the import; if it fails again, report this to support.`;

/** Source: shopify.dev/docs/apps/launch/protected-customer-data (level 1, and level 2 by field). */
export const DENIED_DATA =
  "Shopify does not let this app read customers. In the app's settings, request access to protected customer " +
  'data: level 1, and level 2 for the field email. Then resume the import.';
export const DENIED_EMAIL =
  "Shopify does not let this app read customers' emails. In the app's settings, request access to protected " +
  'customer data, level 2, for the field email. Then resume the import.';
/** For a shop and for an import that stores its customers without emails. */
export const EMAILS_LEFT_OUT =
  "Shopify does not let this app read customers' emails, so customers are stored without them. Emails that were " +
  "stored earlier stay. In the app's settings, request access to protected customer data, level 2, for the field " +
  'email. Once it is granted, the next import reads all customers with their emails.';
export const DENIED_SCOPE =
  'This app may not read customers: it lacks the access scope read_customers. Grant it, connect the shop again, ' +
  'then resume the import.';
export const INACTIVE =
  'Shopify reports that the shop is not active. Choose a plan in the Shopify admin, then resume the import.';
/** Refers to the service setting SHOPIFY_REST. */
export const NO_REST =
  "This app may not use Shopify's REST Admin API. Start the import again with another source, or without a source: " +
  'the service then chooses one.';

export const renamedTo = (domain: string): string =>
  `Shopify has renamed the shop: it is ${domain} now. Move its connection there (MoveShopConnection), then resume the ` +
  'import.';
/** The message about a refused access token when a connection is moved to the shop's new domain. */
export const storedTokenRefused = (domain: string): string =>
  `${domain} does not accept the access token of the connection; the token may have expired. Connect ${domain} with a new token: ` +
  'this also moves the connection.';
export const REDIRECTED_ELSEWHERE =
  "Shopify redirects requests for this shop's domain to another site, which is not a myshopify.com domain. Find the shop's " +
  'myshopify.com domain in the Shopify admin under Settings, Domains, and connect the shop with it.';

/** The kind of reply that arrived instead of data. */
export type Unusable =
  /** HTTP 5xx, or an error that Shopify reports as its own. */
  | 'error'
  /** HTML. */
  | 'web_page'
  | 'empty'
  /** Truncated JSON. */
  | 'cut_short'
  /** JSON that does not match the API. */
  | 'other_form'
  /** A redirect to the same shop or without a usable target. */
  | 'redirect';

/**
 * The messages for the merchant: `now` while the same request is retried, `gaveUp` after retries were given
 * up. A message that only reports an unavailable Shopify would make the merchant wait without success.
 */
export const UNUSABLE: Readonly<Record<Unusable | 'none', { now: string; gaveUp: string }>> = {
  none: {
    now: 'Shopify does not answer',
    gaveUp: 'Shopify could not be reached for too long. Resume the import later.',
  },
  error: {
    now: 'Shopify answers with an internal error',
    gaveUp:
      'Shopify answered with internal errors for too long. See status.shopify.com, and resume the import later.',
  },
  web_page: {
    now: 'Shopify answers with a web page in place of data',
    gaveUp:
      'Shopify answered with a web page in place of data for too long. Open the shop in the Shopify admin. Check that ' +
      'the shop is open and that this is its myshopify.com domain, then resume the import.',
  },
  empty: {
    now: 'Shopify answers with an empty reply',
    gaveUp:
      'Shopify answered with empty replies for too long. See status.shopify.com, and resume the import later. If it ' +
      'fails again, report this to support.',
  },
  cut_short: {
    now: "Shopify's answers are incomplete",
    gaveUp:
      "Shopify's answers were incomplete for too long. Resume the import later. If it fails again, report this to support.",
  },
  other_form: {
    now: "Shopify's answers do not match its API",
    gaveUp:
      "Shopify's answers did not match its API for too long. Report this to support, then resume the import.",
  },
  redirect: {
    now: 'Shopify answers with a redirect that has no usable target',
    gaveUp:
      'Shopify answered with redirects in place of data for too long. Open the shop in the Shopify admin, check that it ' +
      'is open, then resume the import.',
  },
};

/** Returns the sentence of a refusal for work that is tried again automatically. */
export const withoutResume = (message: string): string =>
  message
    .replace(/(?:, then|\. Then) resume the import\.$/, '.')
    .replace(/ Resume the import; if it fails again, report this to support\.$/, ' Report this to support.');
