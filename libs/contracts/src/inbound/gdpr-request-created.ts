import { createHash } from 'node:crypto';
import { CoreError, invalid } from '@core/runtime';
import { isJsonObject } from '../json-object.ts';
import { MalformedEvent } from '../malformed-event.ts';
import { SHOP_DOMAIN } from '../shop-domain.ts';
import { repeatedFields, snakeCase } from '../repeated-fields.ts';
import { LONGEST_EMAIL, LONGEST_ID, textProblem } from '../storable.ts';
import { readKind, type GdprKind } from './gdpr-kind.ts';
import { externalIdTextOf, fieldOf, textOf, uuidOf } from './fields.ts';
import { readBodyAndText, type Inbound, type InboundObject } from './read-body.ts';

/** Why a part of a request cannot be used. */
export type Fault = MalformedEvent | CoreError;

/**
 * A record of gdpr_request.created, as far as it can be used. Nothing is thrown: what cannot be read of one field must
 * not cost the others, and whoever reads decides what is missing. Empty: not given, or unreadable; then see `faults`.
 */
export interface InboundGdprRequest {
  eventId: string;
  requestId: string;
  merchantId: string;
  /** The shop's domain, by which Shopify's own bodies name the merchant. */
  shop: string;
  kind: GdprKind | '';
  /** By the surest field that gives one. */
  customerId: string;
  externalId: string;
  email: string;
  /** All names that the body gives, the above first; the same name in another spelling counts as another. */
  given: Readonly<Record<'customerId' | 'externalId' | 'email', readonly string[]>>;
  faults: {
    body?: Fault;
    merchant?: Fault;
    kind?: Fault;
    /** The fault of the first name of the person that cannot be read. */
    person?: Fault;
  };
}

/** Reads Shopify's own body as well: {shop_domain, customer: {id, email}}. */
export function readGdprRequestCreated(bytes: Uint8Array | null): InboundGdprRequest {
  const faults: InboundGdprRequest['faults'] = {};
  const { json, text } = attempt(faults, 'body', () => readBodyAndText(bytes)) ?? { json: {}, text: '' };
  const repeated = repeatedFields(text).filter((field) => READ.includes(field));
  if (repeated[0] !== undefined) faults.body ??= invalid(repeated[0], 'must be given once');
  // Which of its values is meant nobody can tell: none is used, not even to write the request down.
  const body = repeated.length === 0 ? json : withoutFields(json, repeated);
  const customer = objectOr(fieldOf(body, 'customer'));
  const names = namesOf(faults, body, customer);
  return {
    eventId: idOf(fieldOf(body, 'event_id')),
    requestId: idOf(fieldOf(body, 'request_id')),
    merchantId: attempt(faults, 'merchant', () => uuidOf('merchant_id', fieldOf(body, 'merchant_id'))) ?? '',
    shop: shopOf(fieldOf(body, 'shop_domain')) || shopOf(fieldOf(body, 'shop')),
    kind: repeated.some((field) => OF_KIND.includes(field))
      ? ''
      : (attempt(faults, 'kind', () => kindOf(body, names, faults)) ?? ''),
    ...names,
    faults,
  };
}

/** Fields that tell the kind. */
const OF_KIND = ['kind', 'data_request', 'orders_requested'];

/** All fields that are read: the others refuse nothing. */
const READ = [
  ...OF_KIND,
  ...['event_id', 'request_id', 'merchant_id', 'shop_domain', 'shop', 'customer_id', 'external_id', 'email'],
  ...['customer', 'customer.id', 'customer.admin_graphql_api_id', 'customer.email'],
];

/** Leaves both spellings of a name out. */
const withoutFields = (body: InboundObject, fields: readonly string[]): InboundObject =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !fields.includes(snakeCase(name))));

/** @throws CoreError when it asks for a shop and names a person: one of the two is a mistake, and a shop is no guess */
function kindOf(body: InboundObject, { given }: Names, { person }: InboundGdprRequest['faults']): GdprKind {
  const kind = readKind(body);
  const namesPerson = person !== undefined || Object.values(given).some((names) => names.length > 0);
  if (kind === 'shop_redact' && namesPerson) throw invalid('kind', 'shop_redact must name no person');
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
    faults[part] ??= error;
    return undefined;
  }
}

const objectOr = (value: Inbound): InboundObject => (isJsonObject(value) ? value : {});

/**
 * An id that says which request it is and nothing else: one that may not be stored as it is written still tells its
 * repetitions from others, by its hash.
 */
function idOf(value: Inbound): string {
  if (typeof value !== 'string') {
    const number = attempt({}, 'body', () => textOf('', value));
    return number ?? '';
  }
  const text = value.trim();
  return textProblem(text, LONGEST_ID) ? `sha256:${createHash('sha256').update(text).digest('hex')}` : text;
}

const LONGEST_SHOP = 253;

function shopOf(value: Inbound): string {
  const text = typeof value === 'string' && value.length <= LONGEST_SHOP ? value.trim().toLowerCase() : '';
  return SHOP_DOMAIN.test(text) ? text : '';
}

/** By this form of an id Shopify's customers are known; it cannot be taken for one of ours. */
const GID = /^gid:\/\//;
const UUID_LENGTH = 36;

type Names = Pick<InboundGdprRequest, 'customerId' | 'externalId' | 'email' | 'given'>;

/** The body's own fields come before those of its customer. */
function namesOf(faults: InboundGdprRequest['faults'], body: InboundObject, customer: InboundObject): Names {
  const [customerIds, externalIds, emails]: [string[], string[], string[]] = [[], [], []];
  const add = (names: string[], read: () => string, into = faults) => {
    const name = attempt(into, 'person', read);
    if (name && !names.includes(name)) names.push(name);
  };
  const own = fieldOf(body, 'customer_id');
  const isGid = typeof own === 'string' && GID.test(own.trim());
  if (!isGid) add(customerIds, () => uuidOf('customer_id', own));
  add(externalIds, () => externalIdTextOf('external_id', fieldOf(body, 'external_id')));
  if (isGid) add(externalIds, () => textOf('customer_id', own, LONGEST_ID));
  add(emails, () => textOf('email', fieldOf(body, 'email'), LONGEST_EMAIL));

  const nested = withoutGuest(fieldOf(customer, 'id'));
  const ours = attempt({}, 'person', () => oursOf(nested));
  if (ours) add(customerIds, () => ours);
  const gid = withoutGuest(fieldOf(customer, 'admin_graphql_api_id'));
  add(externalIds, () => externalIdTextOf('customer.admin_graphql_api_id', gid));
  if (!ours) add(externalIds, () => externalIdTextOf('customer.id', nested));
  // Only ids are worth a doubt: a second email that cannot be read keeps nobody from being known by the first.
  const email = fieldOf(customer, 'email');
  add(emails, () => textOf('customer.email', email, LONGEST_EMAIL), emails.length > 0 ? {} : faults);
  return {
    customerId: customerIds[0] ?? '',
    externalId: externalIds[0] ?? '',
    email: emails[0] ?? '',
    given: { customerId: customerIds, externalId: externalIds, email: emails },
  };
}

/** Shopify writes 0 for the id of a guest, who has none. */
const withoutGuest = (id: Inbound): Inbound =>
  attempt({}, 'person', () => textOf('', id, LONGEST_ID)) === '0' ? null : id;

/** Empty: no id of ours. A number is Shopify's, however long. */
const oursOf = (id: Inbound): string =>
  typeof id === 'string' && id.length <= LONGEST_ID && id.trim().length === UUID_LENGTH
    ? uuidOf('customer.id', id)
    : '';

/** @throws what keeps the person from being known by this request */
export function assertNamesPerson({ customerId, externalId, email, faults }: InboundGdprRequest): void {
  if (customerId || externalId) return;
  // An id that cannot be read may be another's than the email's holder.
  if (faults.person) throw faults.person;
  if (!email) throw invalid('customer_id', 'or external_id or email must name the person');
}
