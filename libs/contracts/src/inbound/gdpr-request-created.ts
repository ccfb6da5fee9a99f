import { createHash } from 'node:crypto';
import { CoreError, invalid } from '@core/runtime';
import type { CustomerId, MerchantId } from '../ids.ts';
import { JsonFields } from '../json-fields.ts';
import { MalformedEvent } from '../malformed-event.ts';
import { SHOP_DOMAIN } from '../shop-domain.ts';
import { isGuestId } from '../shopify-gid.ts';
import { isBlank, LONGEST_EMAIL, LONGEST_ID, textProblem } from '../storable.ts';
import { readKind, type GdprKind } from './gdpr-kind.ts';
import { isGiven, namesPerson } from './names-person.ts';
import { namesShopElsewhere, FIELDS_OF_A_SHOP } from './names-shop.ts';
import {
  customerIdOf,
  externalIdTextOf,
  int64Of,
  GivenTwice,
  merchantIdOf,
  readAll,
  readOne,
  textOf,
  type Inbound,
} from './fields.ts';
import { readBody } from './read-body.ts';

/** Why a part of a request cannot be used. */
export type Fault = MalformedEvent | CoreError;

/**
 * A record of gdpr_request.created, as far as it can be used. Nothing is thrown: one unreadable field must
 * not cost the others, and the reader decides what is missing. Empty: not given, or unreadable; see `faults`.
 */
export interface InboundGdprRequest {
  eventId: string;
  requestId: string;
  merchantId: MerchantId | '';
  /** The shop's domain, by which Shopify's own bodies name the merchant. */
  shop: string;
  /** All shops that the body names; empty for one whose name is no domain of a shop. */
  shops: readonly string[];
  /** All numbers of shops that the body names; empty for one that is no number of a shop. */
  shopNumbers: readonly string[];
  kind: GdprKind | '';
  /** All names that the body gives, those of the surest fields first; but for our own ids in the spelling of their producer. */
  given: {
    readonly customerId: readonly GivenName<CustomerId>[];
    readonly externalId: readonly GivenName[];
    readonly email: readonly GivenName[];
  };
  faults: {
    /** A fault of the whole, or of a field with two values: nobody can tell which is meant; none is used. */
    body?: Fault;
    merchant?: Fault;
    kind?: Fault;
    /** The fault of the first name of the person that cannot be read. */
    person?: Fault;
  };
}

/** A name of the person, and the field that gives it. */
export interface GivenName<Name extends string = string> {
  field: string;
  name: Name;
}

/** Reads Shopify's own body as well: {shop_domain, customer: {id, email}}. */
export function readGdprRequestCreated(bytes: Uint8Array | null): InboundGdprRequest {
  const faults: InboundGdprRequest['faults'] = {};
  const body = attempt(faults, 'body', () => readBody(bytes)) ?? new JsonFields();
  const given = namesOf(faults, body);
  const requestId = attempt(faults, 'body', () => readOne(body, 'request_id', idOf)) ?? '';
  return {
    // Beside a request_id it decides nothing.
    eventId: attempt(requestId ? {} : faults, 'body', () => readOne(body, 'event_id', idOf)) ?? '',
    requestId,
    merchantId: attempt(faults, 'merchant', () => readOne(body, 'merchant_id', merchantIdOf)) ?? '',
    shop: SHOP_FIELDS.map((field) => shopIn(faults, body, field)).find(Boolean) ?? '',
    shops: SHOP_FIELDS.flatMap((field) => shopsIn(body, field)),
    shopNumbers: readAll(body, 'shop_id')
      .filter((value) => isGiven(value))
      .map((value) => attempt({}, 'body', () => shopNumberOf(value)) ?? ''),
    kind: attempt(faults, 'kind', () => kindOf(body, faults)) ?? '',
    given,
    faults,
  };
}

const SHOP_FIELDS = ['shop_domain', 'shop'];

/**
 * @throws CoreError when it asks for a shop and names a person, or a shop in a field that is not read: one of the two is a
 *   mistake, and a shop is no guess
 */
function kindOf(body: JsonFields, { person }: InboundGdprRequest['faults']): GdprKind {
  const kind = readKind(body);
  if (kind === 'shop_redact' && (person !== undefined || namesPerson(body)))
    throw invalid('kind', 'shop_redact must name no person');
  if (kind === 'shop_redact' && namesShopElsewhere(body))
    throw invalid('kind', `shop_redact must name its shop and merchant by ${FIELDS_OF_A_SHOP} alone`);
  return kind;
}

/** @returns undefined when it throws, which is then noted; the first fault of a part stands */
function attempt<T>(
  faults: InboundGdprRequest['faults'],
  part: keyof InboundGdprRequest['faults'],
  read: () => T,
): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CoreError || error instanceof MalformedEvent)) throw error;
    faults[error instanceof GivenTwice ? 'body' : part] ??= error;
    return undefined;
  }
}

/**
 * An id that says which request it is and nothing else: one that may not be stored as it is written still tells its
 * repetitions from others, by its hash. The hash needs no key: an id that may be stored stands as it is. One of which
 * nothing is seen is none: it would be the id of several requests.
 */
function idOf(_field: string, value: Inbound): string {
  if (typeof value !== 'string') {
    const number = attempt({}, 'body', () => textOf('', value));
    return number ?? '';
  }
  const text = value.trim();
  if (isBlank(text)) return '';
  return textProblem(text, LONGEST_ID) ? `sha256:${createHash('sha256').update(text).digest('hex')}` : text;
}

const LONGEST_SHOP = 253;

/** All shops that a field names. */
const shopsIn = (body: JsonFields, field: string): string[] =>
  body
    .given(field)
    .map((json) => JSON.parse(json) as Inbound)
    .filter((value) => isGiven(value))
    .map((value) => shopOf(field, value));

const shopIn = (faults: InboundGdprRequest['faults'], body: JsonFields, field: string): string =>
  attempt(faults, 'body', () => readOne(body, field, shopOf)) ?? '';

function shopOf(_field: string, value: Inbound): string {
  const text = typeof value === 'string' && value.length <= LONGEST_SHOP ? value.trim().toLowerCase() : '';
  return SHOP_DOMAIN.test(text) ? text : '';
}

const SHOP_GID = /^\s*gid:\/\/shopify\/Shop\/(\d{1,19})\s*$/i;

/** Without leading zeros; for a gid, its number. @throws CoreError for a value that is no 64-bit number */
const shopNumberOf = (value: Inbound): string => {
  const [, ofGid] = (typeof value === 'string' && SHOP_GID.exec(value)) || [];
  const number = int64Of('shop_id', ofGid ?? value);
  return number === undefined || number <= 0n ? '' : String(number);
};

/** By this form of an id Shopify's customers are known; it cannot be taken for one of ours. */
const GID = /^gid:\/\//i;
const UUID_LENGTH = 36;

type Names = InboundGdprRequest['given'];

/** The body's own fields come before those of its customer. */
function namesOf(faults: InboundGdprRequest['faults'], body: JsonFields): Names {
  const customer = body.within('customer');
  const customerId: GivenName<CustomerId>[] = [];
  const [externalId, email]: [GivenName[], GivenName[]] = [[], []];
  const add = <T extends string>(names: GivenName<T>[], field: string, read: () => T | '', into = faults) => {
    const name = attempt(into, 'person', read);
    if (name) names.push({ field, name });
  };
  const own = readAll(body, 'customer_id').map(withoutGuest);
  const isGid = (value: Inbound): boolean => typeof value === 'string' && GID.test(value.trim());
  for (const value of own) {
    if (!isGid(value)) add(customerId, 'customer_id', () => customerIdOf('customer_id', value));
  }
  for (const value of readAll(body, 'external_id')) {
    const id = withoutGuest(value);
    add(externalId, 'external_id', () => externalIdTextOf('external_id', id));
  }
  for (const value of own.filter(isGid)) {
    add(externalId, 'customer_id', () => textOf('customer_id', value, LONGEST_ID));
  }
  // Only ids are worth a doubt: an email that cannot be read keeps nobody from being known by another one.
  const unread: InboundGdprRequest['faults'] = {};
  for (const value of readAll(body, 'email')) {
    add(email, 'email', () => textOf('email', value, LONGEST_EMAIL), unread);
  }
  for (const value of readAll(customer, 'customer.admin_graphql_api_id')) {
    const gid = withoutGuest(value);
    add(externalId, GID_OF_CUSTOMER, () => externalIdTextOf(GID_OF_CUSTOMER, gid));
  }
  for (const value of readAll(customer, 'customer.id')) {
    const id = withoutGuest(value);
    const ours = attempt({}, 'person', () => oursOf(id));
    if (ours) add(customerId, 'customer.id', () => ours);
    else add(externalId, 'customer.id', () => externalIdTextOf('customer.id', id));
  }
  for (const value of readAll(customer, 'customer.email')) {
    add(email, 'customer.email', () => textOf('customer.email', value, LONGEST_EMAIL), unread);
  }
  if (email.length === 0 && unread.person) faults.person ??= unread.person;
  return { customerId, externalId, email };
}

/** Shopify's own field: a value in it that is no customer of Shopify is none of another system either. */
export const GID_OF_CUSTOMER = 'customer.admin_graphql_api_id';

/** Shopify writes 0 for the id of a guest, who has none. */
const withoutGuest = (id: Inbound): Inbound =>
  isGuestId(attempt({}, 'person', () => textOf('', id, LONGEST_ID)) ?? '') ? null : id;

/** Empty: no id of ours. A number is Shopify's, however long. */
const oursOf = (id: Inbound): CustomerId | '' =>
  typeof id === 'string' && id.length <= LONGEST_ID && id.trim().length === UUID_LENGTH
    ? customerIdOf('customer.id', id)
    : '';

/** @throws what keeps the person from being known by this request */
export function assertNamesPerson({ given, faults }: InboundGdprRequest): void {
  if (given.customerId.length + given.externalId.length > 0) return;
  // An id that cannot be read may be another's than the email's holder.
  if (faults.person) throw faults.person;
  if (given.email.length === 0) throw invalid('customer_id', 'or external_id or email must name the person');
}
