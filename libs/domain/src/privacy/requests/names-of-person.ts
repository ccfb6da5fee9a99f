import {
  externalIdOf,
  GID_OF_CUSTOMER,
  isPlaceholderId,
  isOtherShopifyId,
  shopifyNumber,
  type PersonIdentifier,
  type InboundGdprRequest,
} from '@core/contracts';
import { normalizeEmail, parseEmail } from '@core/crypto';
import { invalid, type CoreError } from '@core/runtime';
import type { PersonNames } from '../../customers/index.ts';

/**
 * Returns the names by which a request identifies its person. An id that Shopify uses for something else, and
 * a text that is not an id, are ignored in any field when another id is given. Alone, such an id is searched
 * for, since an rpc stores any text. An email beside it is ignored, because it may be another customer's.
 * @throws CoreError when its names identify two persons
 */
export function namesOfPerson(request: InboundGdprRequest): PersonNames {
  assertNamesAgree(request);
  const { customerId, externalId } = request.given;
  const email = emailsOf(request);
  const [id] = externalIdsOf(request);
  const meansEmail = externalId.length === 0 || (id !== undefined && !isNoCustomer(id));
  return {
    customerId: customerId[0]?.name,
    externalId: id && externalIdOf(id.name),
    email: meansEmail ? email[0]?.name : undefined,
  };
}

/** Returns the error to throw when no customer has the names: the ignored id may show who was meant. */
export function faultOfExternalId({ given }: InboundGdprRequest): CoreError | undefined {
  const none = given.externalId.find(isNoCustomer);
  if (!none) return undefined;
  const rule = isPlaceholderId(none.name)
    ? 'must be an id: a number with a sign or a fraction is not an id, nor is a word such as null'
    : 'must be the id of a customer: it identifies something else in Shopify';
  return invalid(none.field, rule);
}

/**
 * Checks that the fields for one kind of name agree, whatever their spelling. Otherwise the request would be
 * carried out for the first name only, and the people that the others name would be forgotten. Next to an id
 * an email decides nothing, so emails may then differ.
 * @throws CoreError naming the fields
 */
export function assertNamesAgree(request: InboundGdprRequest): void {
  const { customerId, externalId } = request.given;
  const email = emailsOf(request);
  assertOne(customerId, (id) => id, invalid('customer_id', 'and customer.id must name one customer'));
  assertOne(
    externalIdsOf(request),
    externalIdOf,
    invalid(
      'external_id',
      'and customer_id, customer.id and customer.admin_graphql_api_id, where they give one, must name one customer',
    ),
  );
  const hasId = customerId.length + externalId.length > 0;
  if (!hasId) assertOne(email, normalizeEmail, invalid('email', 'and customer.email must be the same'));
}

/** @throws `fault`, or the error of a single field that gives two names */
function assertOne(
  given: readonly PersonIdentifier[],
  canonical: (name: string) => string,
  fault: CoreError,
): void {
  const differ = (names: readonly PersonIdentifier[]) =>
    new Set(names.map(({ name }) => canonical(name))).size > 1;
  if (!differ(given)) return;
  const twice = given.find(({ field }) => differ(given.filter((other) => other.field === field)));
  throw twice ? invalid(twice.field, 'must be given once') : fault;
}

/** Returns the external ids that count. */
function externalIdsOf({
  given: { customerId, externalId },
}: InboundGdprRequest): readonly PersonIdentifier[] {
  const ids = externalId.filter((given) => !isNoCustomer(given));
  return ids.length + customerId.length > 0 ? ids : externalId;
}

/** Returns the emails that count: an invalid email is ignored when a valid one is given. */
function emailsOf({ given: { email } }: InboundGdprRequest): readonly PersonIdentifier[] {
  const readable = email.filter(({ name }) => parseEmail(name) !== null);
  return readable.length > 0 ? readable : email;
}

const isNoCustomer = ({ field, name }: PersonIdentifier): boolean =>
  isPlaceholderId(name) ||
  isOtherShopifyId(name) ||
  (field === GID_OF_CUSTOMER && shopifyNumber(externalIdOf(name)) === null);
