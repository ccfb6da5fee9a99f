import type { StandInCustomer } from '../customers.ts';

/**
 * Returns a customer in the format of REST and the customer webhooks: snake case, a numeric id, tags as one
 * string, times with the shop's offset. There is no locale.
 * Source: shopify.dev/docs/api/admin-rest/latest/resources/customer ("The Customer resource").
 * @param isApproved whether the app may read the protected fields
 */
export function restCustomer(customer: StandInCustomer, isApproved: boolean): Record<string, unknown> {
  // "Responses will include only approved fields, and unapproved fields will be redacted."
  const approved = <T>(value: T): T | null => (isApproved ? value : null);
  return {
    id: numericId(customer.id),
    created_at: shopTime(customer.createdAt),
    updated_at: shopTime(customer.updatedAt),
    first_name: approved(customer.firstName),
    last_name: approved(customer.lastName),
    orders_count: Number(customer.numberOfOrders),
    state: customer.state.toLowerCase(),
    total_spent: customer.amountSpent.amount,
    last_order_id: null,
    note: null,
    verified_email: customer.verifiedEmail,
    multipass_identifier: null,
    tax_exempt: false,
    tags: customer.tags.join(', '),
    last_order_name: null,
    email: approved(customer.email),
    phone: null,
    currency: customer.amountSpent.currencyCode,
    addresses: [],
    tax_exemptions: [],
    email_marketing_consent: null,
    sms_marketing_consent: null,
    admin_graphql_api_id: customer.id,
  };
}

/** The documented names. default_address is one, although it is absent for a customer without an address. */
export const REST_FIELDS: ReadonlySet<string> = new Set([
  ...'id created_at updated_at first_name last_name orders_count state total_spent last_order_id note'.split(
    ' ',
  ),
  ...'verified_email multipass_identifier tax_exempt tags last_order_name email phone currency'.split(' '),
  ...'addresses tax_exemptions email_marketing_consent sms_marketing_consent admin_graphql_api_id'.split(' '),
  'default_address',
]);

export function pickFields(
  view: Record<string, unknown>,
  fields: string[] | undefined,
): Record<string, unknown> {
  if (!fields) return view;
  return Object.fromEntries(fields.filter((name) => name in view).map((name) => [name, view[name]]));
}

export const numericId = (gid: string): number => Number(gid.slice(gid.lastIndexOf('/') + 1));

const OFFSET_MS = -5 * 3_600_000;

/** Returns the same instant at the shop's offset. A client that cuts off the offset is five hours wrong. */
export function shopTime(iso: string): string {
  return `${new Date(Date.parse(iso) + OFFSET_MS).toISOString().slice(0, 19)}-05:00`;
}
