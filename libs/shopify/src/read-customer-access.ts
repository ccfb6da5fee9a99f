import { CustomersWithheld, EmailsWithheld, UnusableAnswer } from './answers/errors.ts';
import type { ShopClient } from './client/shop-client.ts';
import { emailOf, EMAIL_FIELD, type CustomerNode } from './sources/graphql/customer-node.ts';

/**
 * The part of a shop's customers that Shopify returns to the app: all of it, all but the emails (no level 2),
 * or none (no level 1). Source: shopify.dev/docs/apps/launch/protected-customer-data.
 */
export type CustomerAccess = 'all' | 'no_email' | 'none';

/**
 * Only customers that have an email: "You can use a wildcard value to filter the query by customers who have
 * an email address specified". Source: shopify.dev/docs/api/admin-graphql/latest/queries/customers (argument
 * query). The first customers of a shop may all be without one, and then tell nothing. Several, because a
 * search may be behind a change.
 */
export const CUSTOMER_ACCESS = `query CustomerAccess {
  customers(first: 25, sortKey: ID, query: "email:*") {
    nodes {
      ${EMAIL_FIELD}
    }
  }
}`;

/** Requested points, until a reply reports the actual cost. */
const ACCESS_COST = 14;

/**
 * Asks a shop what the app may read. Only GraphQL tells: REST, bulk files and webhooks contain null both for
 * a withheld email and for a missing one. The emails are neither stored nor returned.
 * @returns undefined when the shop returns no email and refuses none: not known
 * @throws as ShopClient
 */
export async function readCustomerAccess(
  client: Pick<ShopClient, 'graphql'>,
): Promise<CustomerAccess | undefined> {
  try {
    const { data } = await client.graphql({
      document: CUSTOMER_ACCESS,
      variables: {},
      cost: ACCESS_COST,
      follows: true,
    });
    const { nodes } = (data.customers ?? {}) as { nodes?: (CustomerNode | null)[] };
    if (!Array.isArray(nodes)) throw new UnusableAnswer('other_form', 'the reply has no customers');
    return nodes.some((node) => emailOf(node) != null) ? 'all' : undefined;
  } catch (error) {
    if (error instanceof EmailsWithheld) return 'no_email';
    if (error instanceof CustomersWithheld) return 'none';
    throw error;
  }
}

/**
 * Refuses data that Shopify withholds. An access that is not known passes.
 * @throws EmailsWithheld, CustomersWithheld
 */
export function refuseWithheld(access: CustomerAccess | undefined): void {
  if (access === 'none') throw new CustomersWithheld();
  if (access === 'no_email') throw new EmailsWithheld();
}

/**
 * Verifies that Shopify withholds no emails, for data in which a null does not tell. Not known counts as
 * withheld: a null that is taken for a value would delete a stored email.
 * @throws EmailsWithheld, CustomersWithheld, and as ShopClient
 */
export async function requireEmails(client: Pick<ShopClient, 'graphql'>): Promise<void> {
  const access = await readCustomerAccess(client);
  refuseWithheld(access);
  if (access === undefined) throw new EmailsWithheld();
}

/**
 * Verifies that the null emails of a page are true. Shopify withholds the emails of a whole reply, so one
 * email proves the others.
 * @throws as requireEmails
 */
export async function confirmNulls(
  client: Pick<ShopClient, 'graphql'>,
  emails: readonly unknown[],
): Promise<void> {
  if (emails.length > 0 && emails.every((email) => email == null)) await requireEmails(client);
}
