import { CustomersWithheld, EmailsWithheld, UnusableAnswer } from './answers/errors.ts';
import type { ShopClient } from './client/shop-client.ts';
import { emailOf, EMAIL_FIELD, type CustomerNode } from './sources/graphql/customer-node.ts';

/**
 * The part of a shop's customers that Shopify returns to the app: all of it, all but the emails (no level 2),
 * or none (no level 1). Source: shopify.dev/docs/apps/launch/protected-customer-data.
 */
export type CustomerAccess = 'all' | 'no_email' | 'none';

/**
 * Several customers, because the first one may have no email. Whether Shopify refuses the field of a customer
 * without one is undocumented.
 */
export const CUSTOMER_ACCESS = `query CustomerAccess {
  customers(first: 25, sortKey: ID) {
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
 * @returns undefined when none of the customers has an email, so that nothing could be withheld
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
 * Verifies that Shopify withholds no emails, for data in which a null does not tell.
 * @returns whether an email was seen; otherwise it is not known whether a null is true
 * @throws EmailsWithheld, CustomersWithheld, and as ShopClient
 */
export async function requireEmails(client: Pick<ShopClient, 'graphql'>): Promise<boolean> {
  const access = await readCustomerAccess(client);
  if (access === 'no_email') throw new EmailsWithheld();
  if (access === 'none') throw new CustomersWithheld();
  return access === 'all';
}

/**
 * Decides whether the null emails of a page are true. Shopify withholds the emails of a whole reply, so one
 * email proves the others.
 * @throws as requireEmails
 */
export const areNullsTrue = async (
  client: Pick<ShopClient, 'graphql'>,
  emails: readonly unknown[],
): Promise<boolean> => emails.length === 0 || emails.some((email) => email != null) || requireEmails(client);
