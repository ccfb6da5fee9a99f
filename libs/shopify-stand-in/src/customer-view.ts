import { GraphQLError } from 'graphql';
import { NOT_APPROVED } from './approval.ts';
import type { Approval } from './approval.ts';
import type { StandInCustomer } from './customers.ts';

/** Returns a customer as the Admin schema's type Customer. Fields missing here are not implemented. */
export function customerView(customer: StandInCustomer, approval: Approval): Record<string, unknown> {
  const { id, email, firstName, lastName } = customer;
  return {
    __typename: 'Customer',
    ...customer,
    legacyResourceId: id.slice(id.lastIndexOf('/') + 1),
    displayName: `${firstName} ${lastName}`,
    statistics: { rfmGroup: customer.rfmGroup },
    defaultEmailAddress: email === null ? null : { emailAddress: email, validFormat: true },
    ...(approval !== 'full' && REDACTED),
  };
}

/** Makes the field null, with an error that names its path. */
const redact = () => {
  throw denied();
};
const REDACTED = {
  email: redact,
  firstName: redact,
  lastName: redact,
  defaultEmailAddress: redact,
  displayName: '', // not nullable in the schema
};

export const denied = () => new GraphQLError(NOT_APPROVED, { extensions: { code: 'ACCESS_DENIED' } });
