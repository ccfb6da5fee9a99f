import {
  externalIdOf,
  GID_OF_CUSTOMER,
  isNoId,
  isOtherOfShopify,
  shopifyNumber,
  type GivenName,
  type InboundGdprRequest,
} from '@core/contracts';
import { normaliseEmail, parseEmail } from '@core/crypto';
import { invalid, type CoreError } from '@core/runtime';
import type { PersonNames } from '../../customers/index.ts';

/**
 * The names by which a request means its person. An id by which Shopify names something else, and a text that is no id, is
 * none beside another id, in whichever field it stands; alone it is looked for, since an rpc stores any text. An email
 * beside it may be another customer's.
 * @throws CoreError when its names mean two
 */
export function namesOfPerson(request: InboundGdprRequest): PersonNames {
  assertNamesOne(request);
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

/** To be thrown when nobody has the names: the id that was passed over may tell who was meant. */
export function faultOfExternalId({ given }: InboundGdprRequest): CoreError | undefined {
  const none = given.externalId.find(isNoCustomer);
  if (!none) return undefined;
  const rule = isNoId(none.name)
    ? 'must be an id: a number with a sign or a fraction is none, nor a word for none'
    : 'must be the id of a customer: Shopify names something else by it';
  return invalid(none.field, rule);
}

/**
 * Checks that the fields that give one kind of name agree, whatever their spelling: the first alone would be carried
 * out, and whom the others mean would be forgotten. Beside an id an email decides nothing, so then emails may differ.
 * @throws CoreError naming the fields
 */
export function assertNamesOne(request: InboundGdprRequest): void {
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
  if (!hasId) assertOne(email, normaliseEmail, invalid('email', 'and customer.email must be the same'));
}

/** @throws `fault`, or the one of a field that gives two by itself */
function assertOne(given: readonly GivenName[], canonical: (name: string) => string, fault: CoreError): void {
  const differ = (names: readonly GivenName[]) => new Set(names.map(({ name }) => canonical(name))).size > 1;
  if (!differ(given)) return;
  const twice = given.find(({ field }) => differ(given.filter((other) => other.field === field)));
  throw twice ? invalid(twice.field, 'must be given once') : fault;
}

/** The external ids that count. */
function externalIdsOf({ given: { customerId, externalId } }: InboundGdprRequest): readonly GivenName[] {
  const ids = externalId.filter((given) => !isNoCustomer(given));
  return ids.length + customerId.length > 0 ? ids : externalId;
}

/** The emails that count: beside one that is an email, what is none means nobody. */
function emailsOf({ given: { email } }: InboundGdprRequest): readonly GivenName[] {
  const readable = email.filter(({ name }) => parseEmail(name) !== null);
  return readable.length > 0 ? readable : email;
}

const isNoCustomer = ({ field, name }: GivenName): boolean =>
  isNoId(name) ||
  isOtherOfShopify(name) ||
  (field === GID_OF_CUSTOMER && shopifyNumber(externalIdOf(name)) === null);
