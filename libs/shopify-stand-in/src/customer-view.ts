import { GraphQLError } from 'graphql';
import { NOT_APPROVED } from './approval.ts';
import type { StandInCustomer } from './customers.ts';

/**
 * Returns a customer as the Admin schema's type Customer. Fields missing here are not implemented.
 * @param approved whether the app may read the protected fields
 */
export function customerView(customer: StandInCustomer, approved: boolean): Record<string, unknown> {
  const { id, email, firstName, lastName } = customer;
  return {
    __typename: 'Customer',
    ...customer,
    legacyResourceId: id.slice(id.lastIndexOf('/') + 1),
    displayName: `${firstName} ${lastName}`,
    statistics: { rfmGroup: customer.rfmGroup },
    defaultEmailAddress: email === null ? null : { emailAddress: email, validFormat: true },
    ...(!approved && redacted(customer)),
  };
}

/**
 * Makes the field null, with an error that names its path, and no code as in Shopify's examples. Whether a
 * field without a value is refused is undocumented. Here it is not: a client cannot learn from one customer
 * without an email that emails are readable.
 */
const redact = (value: string | null) => () => {
  if (value === null) return null;
  throw new GraphQLError(NOT_APPROVED);
};
const redacted = ({ email, firstName, lastName }: StandInCustomer) => ({
  email: redact(email),
  firstName: redact(firstName),
  lastName: redact(lastName),
  defaultEmailAddress: email === null ? null : { emailAddress: redact(email), validFormat: true },
  displayName: '', // not nullable in the schema
});

/** The refusal of the type itself. */
export const denied = () => new GraphQLError(NOT_APPROVED, { extensions: { code: 'ACCESS_DENIED' } });
