// cspell:ignore metaobject metaobjects
/**
 * The authenticated scopes that an app can request: names after `read_` and `write_`.
 * Source: shopify.dev/docs/api/usage/access-scopes ("Authenticated access scopes").
 */
const BOTH =
  'assigned_fulfillment_orders cart_transforms checkout_and_accounts_configurations checkout_branding_settings ' +
  'content customer_merge customers delivery_customizations discounts draft_orders files fulfillments ' +
  'gift_cards inventory locales locations marketing_events markets merchant_managed_fulfillment_orders ' +
  'metaobject_definitions metaobjects online_store_navigation order_edits orders ' +
  'own_subscription_contracts payment_customizations payment_gateways payment_mandate payment_terms ' +
  'price_rules privacy_settings products purchase_options returns script_tags shipping ' +
  'store_credit_account_transactions themes third_party_fulfillment_orders translations validations';
const READ_ONLY =
  'all_orders customer_events customer_payment_methods legal_policies marketplace_fulfillment_orders ' +
  'merchant_approval_signals online_store_pages reports shopify_payments_dispute_evidences ' +
  'shopify_payments_disputes shopify_payments_payouts store_credit_accounts users';
const WRITE_ONLY = 'app_proxy payment_sessions pixels';

const prefixed = (prefix: string, names: string) => names.split(' ').map((name) => `${prefix}_${name}`);
export const KNOWN_SCOPES: ReadonlySet<string> = new Set([
  ...prefixed('read', `${BOTH} ${READ_ONLY}`),
  ...prefixed('write', `${BOTH} ${WRITE_ONLY}`),
]);

/** Splits a comma-separated list. */
export const readScopes = (text: string): string[] =>
  text
    .split(',')
    .map((scope) => scope.trim())
    .filter((scope) => scope !== '');

const readOf = (scope: string): string => scope.replace(/^write_/, 'read_');

/**
 * Removes duplicates and each read scope that a write scope includes: the reply to a grant contains only the
 * write scope.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
 * ("Any permission to write a resource includes the permission to read it").
 */
export function compactScopes(scopes: readonly string[]): string[] {
  const implied = new Set(scopes.filter((scope) => scope.startsWith('write_')).map(readOf));
  return [...new Set(scopes)].filter((scope) => !implied.has(scope));
}

/**
 * Adds the read scopes that write scopes include, as the list of an installation contains both.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/app-installation/manage-access-scopes
 * ("Query currently granted scopes").
 */
export const expandScopes = (scopes: readonly string[]): string[] => [
  ...new Set(scopes.flatMap((scope) => [scope, readOf(scope)])),
];

export const hasScope = (granted: readonly string[], scope: string): boolean =>
  expandScopes(granted).includes(scope);
