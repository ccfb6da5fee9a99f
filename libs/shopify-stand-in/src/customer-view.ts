import { GraphQLError } from 'graphql';
import { NOT_APPROVED } from './approval.ts';
import type { Approval } from './approval.ts';
import type { StandInCustomer } from './customers.ts';

/** A customer as the Admin schema's type Customer; fields missing here are not played. */
export function customerView(customer: StandInCustomer, approval: Approval): Record<string, unknown> {
  const { id, email, firstName, lastName } = customer;
  return {
    __typename: 'Customer',
    ...customer,
    legacyResourceId: id.slice(id.lastIndexOf('/') + 1),
    displayName: `${firstName} ${lastName}`,
    defaultEmailAddress: email === null ? null : { emailAddress: email, validFormat: true },
    ...(approval !== 'full' && REDACTED),
  };
}

/** Null, with an error that names the place. */
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
