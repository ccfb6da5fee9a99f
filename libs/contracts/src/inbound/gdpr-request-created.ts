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
import { namesShopInUnreadField, FIELDS_OF_A_SHOP } from './names-shop.ts';
import {
  customerIdOf,
  externalIdTextOf,
  int64Of,
  ConflictingValues,
  merchantIdOf,
  readAll,
  readOne,
  textOf,
  type Inbound,
} from './fields.ts';
import { readBody } from './read-body.ts';

/** The reason why a part of a request cannot be used. */
export type Fault = MalformedEvent | CoreError;

/**
 * The usable parts of a gdpr_request.created record. Reading never throws: one unreadable field must not
 * discard the others, and the caller decides what is missing. An empty field was not given or is unreadable;
 * see `faults`.
 */
export interface InboundGdprRequest {
  eventId: string;
  requestId: string;
  merchantId: MerchantId | '';
  /** The shop's domain, by which Shopify's own bodies name the merchant. */
  shop: string;
  /** The domains of all shops that the body names; empty for a name that is not the domain of a shop. */
  shops: readonly string[];
  /** All shop numbers in the body; empty for a value that is not the number of a shop. */
  shopNumbers: readonly string[];
  kind: GdprKind | '';
  /**
   * All names of the person in the body, the most reliable fields first. Our own ids are canonical; all other
   * names keep the producer's spelling.
   */
  given: {
    readonly customerId: readonly PersonIdentifier<CustomerId>[];
    readonly externalId: readonly PersonIdentifier[];
    readonly email: readonly PersonIdentifier[];
  };
  faults: {
    /**
     * A fault of the whole body, or a field with two different values. Neither value is used, because the
     * intended one is unknown.
     */
    body?: Fault;
    merchant?: Fault;
    kind?: Fault;
    /** The fault of the first unreadable name of the person. */
    person?: Fault;
  };
}

/** A name of the person, and the field that contains it. */
export interface PersonIdentifier<Name extends string = string> {
  field: string;
  name: Name;
}

/** Reads a gdpr_request.created body, and also Shopify's own body: {shop_domain, customer: {id, email}}. */
export function readGdprRequestCreated(bytes: Uint8Array | null): InboundGdprRequest {
  const faults: InboundGdprRequest['faults'] = {};
  const body = attempt(faults, 'body', () => readBody(bytes)) ?? new JsonFields();
  const given = namesOf(faults, body);
  const requestId = attempt(faults, 'body', () => readOne(body, 'request_id', idOf)) ?? '';
  return {
    // Next to a request_id, the event_id decides nothing, so its faults are ignored.
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
 * @throws CoreError when a shop_redact names a person, or names a shop in a field that is not read. One of
 *   the two is a mistake, and the erasure of a whole shop must not rest on a guess
 */
function kindOf(body: JsonFields, { person }: InboundGdprRequest['faults']): GdprKind {
  const kind = readKind(body);
  if (kind === 'shop_redact' && (person !== undefined || namesPerson(body)))
    throw invalid('kind', 'shop_redact must not name a person');
  if (kind === 'shop_redact' && namesShopInUnreadField(body))
    throw invalid('kind', `shop_redact must name its shop and merchant only in ${FIELDS_OF_A_SHOP}`);
  return kind;
}

/**
 * @returns undefined when `read` throws. The error is recorded in `faults`, which keep the first fault of
 *   each part
 */
function attempt<T>(
  faults: InboundGdprRequest['faults'],
  part: keyof InboundGdprRequest['faults'],
  read: () => T,
): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CoreError || error instanceof MalformedEvent)) throw error;
    faults[error instanceof ConflictingValues ? 'body' : part] ??= error;
    return undefined;
  }
}

/**
 * Returns an id that only distinguishes requests. An id that may not be stored as written is replaced by its
 * hash, which still recognizes repetitions. The hash needs no key, because an id that may be stored is kept
 * in the clear anyway. An id without visible characters counts as absent: several requests could have it.
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

/** Returns the domains of all shops that a field names. */
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

/**
 * Returns the number of a shop, also from a gid, without leading zeros; empty unless it is positive.
 * @throws CoreError for a value that is not a 64-bit number
 */
const shopNumberOf = (value: Inbound): string => {
  const [, ofGid] = (typeof value === 'string' && SHOP_GID.exec(value)) || [];
  const number = int64Of('shop_id', ofGid ?? value);
  return number === undefined || number <= 0n ? '' : String(number);
};

/** The form of Shopify's customer ids. It cannot be confused with our own ids. */
const GID = /^gid:\/\//i;
const UUID_LENGTH = 36;

type Names = InboundGdprRequest['given'];

/** Collects the names of the person. The body's own fields come before the fields of its `customer`. */
function namesOf(faults: InboundGdprRequest['faults'], body: JsonFields): Names {
  const customer = body.within('customer');
  const customerId: PersonIdentifier<CustomerId>[] = [];
  const [externalId, email]: [PersonIdentifier[], PersonIdentifier[]] = [[], []];
  const add = <T extends string>(
    names: PersonIdentifier<T>[],
    field: string,
    read: () => T | '',
    into = faults,
  ) => {
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
  // An unreadable email is a fault only when no other email is readable. An unreadable id always is one.
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

/**
 * A field that only Shopify writes: a value that is not a Shopify customer's id is not an id of another
 * system either.
 */
export const GID_OF_CUSTOMER = 'customer.admin_graphql_api_id';

/** Returns null for 0, which Shopify writes in place of the id of a guest. */
const withoutGuest = (id: Inbound): Inbound =>
  isGuestId(attempt({}, 'person', () => textOf('', id, LONGEST_ID)) ?? '') ? null : id;

/**
 * Returns the value as one of our own customer ids; empty when it is not one. A number is Shopify's, however
 * long.
 */
const oursOf = (id: Inbound): CustomerId | '' =>
  typeof id === 'string' && id.length <= LONGEST_ID && id.trim().length === UUID_LENGTH
    ? customerIdOf('customer.id', id)
    : '';

/** @throws CoreError or MalformedEvent: the reason why this request does not identify the person */
export function assertNamesPerson({ given, faults }: InboundGdprRequest): void {
  if (given.customerId.length + given.externalId.length > 0) return;
  // An unreadable id may belong to another person than the email.
  if (faults.person) throw faults.person;
  if (given.email.length === 0)
    throw invalid('customer_id', 'is required unless external_id or email names the person');
}
