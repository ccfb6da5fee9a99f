import { isJsonObject } from '../json-object.ts';
import type { JsonFields } from '../json-fields.ts';

/** Names of fields that identify a person or contain a person's data, reduced to lowercase letters. */
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
 * Returns whether a body names a person in any field, read or not, in any spelling: Customer, customer-id.
 * Unreadable values and 0 count as well. The erasure of a person may be lenient; the erasure of a whole shop
 * may not.
 */
export const namesPerson = (body: JsonFields): boolean => hasAnyField(body, OF_A_PERSON);

/**
 * Returns whether a body has a value in a field with one of these names in any spelling. Names in `except` do
 * not count.
 */
export const hasAnyField = (
  body: JsonFields,
  letters: readonly string[],
  except: readonly string[] = [],
): boolean =>
  body
    .names()
    .filter((name) => !except.includes(name) && letters.includes(name.toLowerCase().replace(/[^a-z]/g, '')))
    .some((name) => body.given(name).some((json) => isGiven(JSON.parse(json))));

/** A value nested deeper counts as given: no producer puts an empty value into so many brackets. */
const DEEPEST = 8;

/**
 * Returns whether a value contains anything. Null, a blank string, and a list or object of nothing else do
 * not.
 */
export function isGiven(value: unknown, level = 1): boolean {
  if (typeof value === 'string') return value.trim() !== '';
  if (!Array.isArray(value) && !isJsonObject(value)) return value !== null;
  return level > DEEPEST || Object.values(value).some((each) => isGiven(each, level + 1));
}
