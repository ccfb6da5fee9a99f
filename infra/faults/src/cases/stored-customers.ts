import type { FieldStack } from '../field/stack.ts';
import { callApi } from './entry-points/connect-calls.ts';
import type { World } from './world.ts';

interface Customer {
  customerId: string;
  externalId?: string;
  email?: string;
  metadata?: Record<string, unknown>;
}

/**
 * Reads the stored customers of a merchant, as a caller with all scopes sees them, ordered by Shopify's ids.
 */
export async function readCustomers(stack: FieldStack, { merchantId }: World): Promise<Customer[]> {
  const { code, reply } = await callApi(
    stack,
    'ListCustomers',
    JSON.stringify({ merchantId, pageSize: 1_000 }),
  );
  if (code !== undefined) throw new Error(`ListCustomers: ${code}`);
  const customers = (reply['customers'] ?? []) as Customer[];
  return customers.sort((one, other) => ((one.externalId ?? '') < (other.externalId ?? '') ? -1 : 1));
}

/** @param shownField a field of the metadata that is shown next to the email */
export async function storedCustomers(stack: FieldStack, world: World, shownField?: string): Promise<string> {
  const customers = await readCustomers(stack, world);
  return customers.map((customer) => describeCustomer(customer, shownField)).join(', ') || 'no customers';
}

export const describeCustomer = ({ email, metadata = {} }: Customer, shownField?: string): string =>
  `${email ?? 'no email'}${shownField === undefined ? '' : ` ${JSON.stringify(metadata[shownField])}`}`;
