import { isJsonObject } from '../json-object.ts';
import type { JsonFields } from '../json-fields.ts';

/** Fields that name a person, or what is a person's, by their letters alone. */
const OF_A_PERSON = [
  ...[
    'customer',
    'customers',
    'customerid',
    'customerids',
    'externalid',
    'externalids',
    'externalcustomerid',
  ],
  ...['email', 'emails', 'emailaddress', 'customeremail', 'phone', 'phonenumber', 'customerphone'],
  ...['firstname', 'lastname', 'admingraphqlapiid', 'ordersrequested', 'orderstoredact', 'datarequest'],
];

/**
 * Whether a body names a person in any way, in fields that are read or not, in any spelling: Customer,
 * customer-id. An unreadable value counts as well, and 0 too: the erasure of a person may be lenient, that of
 * a whole shop may not.
 */
export const namesPerson = (body: JsonFields): boolean => givesAny(body, OF_A_PERSON);

/** Whether a body gives any field of these letters, in any spelling, but for the names in `except`. */
export const givesAny = (
  body: JsonFields,
  letters: readonly string[],
  except: readonly string[] = [],
): boolean =>
  body
    .names()
    .filter((name) => !except.includes(name) && letters.includes(name.toLowerCase().replace(/[^a-z]/g, '')))
    .some((name) => body.given(name).some((json) => isGiven(JSON.parse(json))));

/** A value nested deeper counts as given: nobody writes nothing in so many brackets. */
const DEEPEST = 8;

/** Whether anything is in a value: null, an empty text, and what holds nothing else are not given. */
export function isGiven(value: unknown, level = 1): boolean {
  if (typeof value === 'string') return value.trim() !== '';
  if (!Array.isArray(value) && !isJsonObject(value)) return value !== null;
  return level > DEEPEST || Object.values(value).some((each) => isGiven(each, level + 1));
}
