import type { Rules } from './rules.ts';

/**
 * The approval of the app: for protected customer data including its fields (name, email, phone, address),
 * for the data without these fields (level 1), or for neither.
 * Source: shopify.dev/docs/apps/launch/protected-customer-data ("Using protected customer data").
 */
export type Approval = 'full' | 'no-fields' | 'none';

/** Whether the app may read the protected fields of this shop. */
export const areFieldsApproved = (shop: { approval: Approval; rules: Rules }): boolean =>
  !shop.rules.broken('protected-field', shop.approval !== 'full');

const MORE = 'See https://shopify.dev/docs/apps/launch/protected-customer-data for more details.';

/** Returned in `errors[]` of a GraphQL reply with HTTP 200. */
export const NOT_APPROVED = `This app is not approved to access the Customer object. ${MORE}`;
/** Returned with HTTP 403. */
export const REST_NOT_APPROVED = `[API] This app is not approved to access REST endpoints with protected customer data. ${MORE}`;
/** Returned as a user error for a subscription to a topic about customers. */
export const PROTECTED_TOPIC = `This app is not approved to subscribe to webhook topics containing protected customer data. ${MORE}`;
