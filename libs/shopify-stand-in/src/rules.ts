/**
 * The rules of OAuth, tokens, scopes, metafields and webhooks that the stand-in enforces.
 * `test/oauth-rules.spec.ts` shows for each one a request that it accepts, one that it refuses, and that
 * without the rule it accepts both.
 */
export interface Rule {
  /** The page that states the rule. */
  source: string;
  /** Becomes the detail of the violation. Names no values. */
  says: string;
  /** Whether a breach is a violation by the client. Otherwise it can happen to a correct client, too. */
  counted: boolean;
}

const AUTH = 'shopify.dev/docs/apps/build/authentication-authorization';
const CODE_GRANT = `${AUTH}/access-tokens/authorization-code-grant`;
const EXCHANGE = `${AUTH}/access-tokens/token-exchange`;
const OFFLINE = `${AUTH}/access-tokens/offline-access-tokens`;
const SESSION = `${AUTH}/session-tokens/set-up-session-tokens`;
const SECRETS = `${AUTH}/client-secrets/rotate-revoke-client-credentials`;
const INSTALLATION = `${AUTH}/app-installation`;
const SCOPES = 'shopify.dev/docs/api/usage/access-scopes';
const PROTECTED = 'shopify.dev/docs/apps/launch/protected-customer-data';
const SUBSCRIBE = 'shopify.dev/docs/apps/build/webhooks/subscribe';
const CREATE = 'shopify.dev/docs/api/admin-graphql/latest/mutations/webhookSubscriptionCreate';
const UPDATE = 'shopify.dev/docs/api/admin-graphql/latest/mutations/webhookSubscriptionUpdate';

const MUTATIONS = 'shopify.dev/docs/api/admin-graphql/latest/mutations';
const SET = `${MUTATIONS}/metafieldsSet`;
const DEFINE = `${MUTATIONS}/metafieldDefinitionCreate`;
const UNDEFINE = `${MUTATIONS}/metafieldDefinitionDelete`;
const TYPES = 'shopify.dev/docs/apps/build/custom-data/metafields/list-of-data-types';
const OWNERSHIP = 'shopify.dev/docs/apps/build/custom-data/ownership';

const breach = (source: string, says: string): Rule => ({ source, says, counted: true });
const refusal = (source: string, says: string): Rule => ({ source, says, counted: false });

export const RULES = {
  // the merchant's browser at /admin/oauth/authorize
  'client-id': breach(CODE_GRANT, 'client_id is not the app'),
  'redirect-uri': breach(CODE_GRANT, 'redirect_uri is not one of the redirect URLs of the app'),
  scope: breach(SCOPES, 'a requested scope does not exist'),
  state: breach(CODE_GRANT, 'no state'),

  // the token endpoint
  'client-credentials': breach(CODE_GRANT, 'client_id or client_secret does not match the app'),
  expiring: breach(OFFLINE, 'expiring is neither 0 nor 1'),
  'code-unknown': breach(CODE_GRANT, 'a code that was never issued'),
  'code-reused': breach('rfc-editor.org/rfc/rfc6749#section-4.1.2', 'a code that was already used'),
  'code-expired': refusal('rfc-editor.org/rfc/rfc6749#section-4.1.2', 'a code that is too old'),
  'code-of-another-app': breach('rfc-editor.org/rfc/rfc6749#section-4.1.3', 'a code of another app'),
  'code-of-another-shop': breach(CODE_GRANT, 'a code of another shop'),
  'code-revoked': refusal(OFFLINE, 'a code from before the uninstall'),
  'subject-token-type': breach(EXCHANGE, 'subject_token_type is not a type of subject tokens'),
  'requested-token-type': breach(EXCHANGE, 'requested_token_type is not a type of access tokens'),
  'session-token-algorithm': breach(SESSION, 'the session token has an algorithm other than HS256'),
  'session-token-signature': breach(SESSION, 'the session token is not signed by a secret of the app'),
  'session-token-expired': refusal(SESSION, 'the session token has expired'),
  'session-token-not-yet': breach(SESSION, 'the session token is not valid yet'),
  'session-token-audience': breach(SESSION, 'the session token is for another app'),
  'session-token-issuer': breach(SESSION, 'iss and dest of the session token are of different shops'),
  'session-token-shop': breach(SESSION, 'the session token is of another shop'),
  'not-installed': refusal(INSTALLATION, 'the app is not installed'),
  'migration-token': breach(OFFLINE, 'the token to migrate is not a non-expiring token of this shop'),
  'migration-expiring': breach(OFFLINE, 'a migration needs expiring=1'),
  'refresh-token-expired': refusal(OFFLINE, 'a refresh token that has expired'),
  'refresh-token-retired': refusal(OFFLINE, 'a refresh token that was replaced or revoked'),

  // the access token of a request to the Admin API
  uninstalled: refusal(OFFLINE, 'the app is not installed'),
  'former-installation': refusal(OFFLINE, 'a token from before the uninstall'),
  'access-token-expired': refusal(OFFLINE, 'an access token that has expired'),
  'access-token-retired': refusal(OFFLINE, 'an access token from before the newest grant'),
  'revoked-secret': refusal(SECRETS, 'a token of a revoked client secret'),
  'non-expiring-token': breach(OFFLINE, 'a public app uses a token that does not expire'),
  'access-scope': refusal(SCOPES, 'the scope of the field was not granted'),
  'protected-field': refusal(PROTECTED, 'the app is not approved for the field'),

  // metafields of customers
  'metafields-most': breach(SET, 'more than 25 metafields in one call'),
  'metafields-atomic': refusal(SET, 'one metafield of the call was refused'),
  'metafields-delete-none': breach(`${MUTATIONS}/metafieldsDelete`, 'a call that names no metafield'),
  'metafield-owner': refusal(SET, 'the owner of a metafield does not exist'),
  'metafield-type': refusal(SET, 'a metafield without a type and without a definition'),
  'metafield-value': breach(TYPES, 'a value that is blank or has a line break'),
  'metafield-namespace': breach(OWNERSHIP, 'a metafield in the namespace of another app'),
  'metafield-definition-taken': refusal(DEFINE, 'the definition exists'),
  'metafield-definition-access': breach(DEFINE, 'the access of a definition that no app owns'),
  'metafield-definition-delete': breach(
    UNDEFINE,
    'a definition of the app is deleted without its metafields',
  ),
  'metafield-definition-unknown': refusal(UNDEFINE, 'the definition does not exist'),

  // webhooks
  'webhook-address': breach(CREATE, 'the address of a subscription is not an HTTPS URL'),
  'webhook-taken': breach(CREATE, 'a subscription of this topic to this address exists'),
  'webhook-topic-scope': breach(SUBSCRIBE, 'the scope of the topic was not granted'),
  'webhook-protected-data': refusal(PROTECTED, 'the app is not approved for the topic'),
  'webhook-delivery-protected': refusal(
    PROTECTED,
    'a topic about customers is not sent to an unapproved app',
  ),
  'webhook-unknown': refusal(CREATE, 'the subscription does not exist'),
  'webhook-update-unknown': refusal(UPDATE, 'the subscription to update does not exist'),
  'webhook-removed': refusal(
    `${SUBSCRIBE}/https`,
    'a subscription of the shop is removed after a webhook was given up',
  ),
  'webhook-delivery-scope': refusal(SUBSCRIBE, 'a topic without its scope is not sent'),
  'webhook-installed': refusal(SUBSCRIBE, 'a shop without the app sends no webhooks about its data'),
  'webhook-hmac': breach(`${SUBSCRIBE}/https`, 'a signature was not checked as Shopify requires'),
} as const satisfies Record<string, Rule>;
export type RuleName = keyof typeof RULES;

export interface Rules {
  /**
   * Returns whether the request must be refused: the rule is broken and enforced. Counts the violation. A
   * detail replaces the rule's own.
   */
  broken(this: void, rule: RuleName, isBroken: boolean, detail?: string): boolean;
}

/** @param lenient the rules that are not enforced, so that a spec can show that each one matters */
export const createRules = (
  lenient: ReadonlySet<RuleName>,
  violated: (rule: string, detail: string) => void,
): Rules => ({
  broken(rule, isBroken, detail = RULES[rule].says) {
    if (!isBroken || lenient.has(rule)) return false;
    if (RULES[rule].counted) violated(rule, detail);
    return true;
  },
});
