import { CoreError, invalid } from '@core/runtime';
import { eventText } from '../event-text.ts';
import { NIL_UUID, readUuid, type CustomerId, type MerchantId } from '../ids.ts';
import { LONGEST_ID } from '../storable.ts';
import type { JsonFields } from '../json-fields.ts';
import { exactInteger } from './exact-integer.ts';
import { readEpoch, readTime, type Instant } from './instant.ts';
import { JsonNumber, parseJson } from './parse-json.ts';

// Readers of single fields. Null, an empty string and an absent field all mean "not given". Each reader
// throws CoreError invalid_argument with the field and the rule, never with the value.

/** A JSON value; numbers keep their source text. */
export type Inbound = null | boolean | string | JsonNumber | Inbound[] | { [field: string]: Inbound };

/** Reads one value of a field; `field` is its name in errors. */
type ReadValue<T> = (field: string, value: Inbound) => T;

/** A field has two different values. The intended one is unknown. */
export class ConflictingValues extends CoreError {
  override name = 'ConflictingValues';

  constructor(field: string) {
    super('invalid_argument', `${field}: must be given once`, { field });
  }
}

/**
 * Reads the single value of a field. The value may be repeated in several spellings; empty values are
 * ignored.
 * @throws ConflictingValues; any error of `read`
 */
export function readOne<T>(fields: JsonFields, field: string, read: ReadValue<T>): T {
  const name = nameIn(field);
  const given = fields.given(name);
  if (given.length <= 1) return read(field, valueOf(given[0] ?? 'null'));
  const values = given.map((json) => {
    try {
      const value = read(field, valueOf(json));
      return { key: String(value ?? ''), value: () => value };
    } catch (error) {
      return { key: json, value: () => raise(error) };
    }
  });
  const [first, ...others] = values.filter(({ key }) => key !== '');
  if (!first) return read(field, null);
  if (others.some(({ key }) => key !== first.key)) throw new ConflictingValues(field);
  return first.value();
}

/** Returns all values of a field, for callers that compare them themselves. */
export const readAll = (fields: JsonFields, field: string): Inbound[] =>
  fields.given(nameIn(field)).map(valueOf);

/** Returns the name within its object: id for customer.id. */
const nameIn = (field: string): string => field.slice(field.lastIndexOf('.') + 1);

function valueOf(json: string): Inbound {
  if (/^["ntf]/.test(json)) return JSON.parse(json) as Inbound;
  if (!/^[[{]/.test(json)) return new JsonNumber(json);
  try {
    return parseJson(json, (number) => new JsonNumber(number)) as Inbound;
  } catch {
    // Nested too deeply. Each reader refuses a list with its own message.
    return [];
  }
}

/**
 * Returns the fields of an object; undefined when it is not given.
 * @throws CoreError when it is not an object
 */
export function objectOf(fields: JsonFields, field: string): JsonFields | undefined {
  const given = fields.given(field);
  if (given.some((json) => !json.startsWith('{'))) throw invalid(field, 'must be an object');
  return given.length === 0 ? undefined : fields.within(field);
}

/** No producer counts higher. The limit also bounds the work for a long number. */
const MAX_DIGITS = 40;

/**
 * Reads a string, or a number as a string: producers write ids as either. Trims whitespace. Empty: not given.
 */
export function textOf(field: string, value: Inbound, longest?: number): string {
  if (value === null) return '';
  if (value instanceof JsonNumber) return eventText(field, numberText(value), longest);
  if (typeof value !== 'string') throw invalid(field, 'must be a string or a number');
  return eventText(field, trimmed(value), longest);
}

/**
 * Reads an external customer id like textOf, but refuses fractions and negative numbers: no system has such
 * ids.
 */
export function externalIdTextOf(field: string, value: Inbound): string {
  if (value instanceof JsonNumber && !isCount(value)) {
    throw invalid(field, 'must be a string or a whole number that is not negative');
  }
  return textOf(field, value, LONGEST_ID);
}

function isCount({ text }: JsonNumber): boolean {
  const integer = exactInteger(text, MAX_DIGITS);
  return integer === 'long' ? !text.startsWith('-') : integer !== undefined && integer >= 0n;
}

/** Returns the text of a number as an id: 1e3 and 1000.0 are the id 1000. */
const numberText = ({ text }: JsonNumber): string => {
  const integer = exactInteger(text, MAX_DIGITS);
  return typeof integer === 'bigint' ? String(integer) : text;
};

/**
 * Trimming copies the string. A string beyond every limit is not trimmed, because only its length is checked.
 */
const LONGEST_TRIMMED = 10_000;
const trimmed = (text: string): string => (text.length > LONGEST_TRIMMED ? text : text.trim());

const LONGEST_UUID = 'urn:uuid:{}'.length + 36;

/**
 * Reads a UUID in lower case with hyphens, as PostgreSQL writes it. Ids are compared, name locks and are
 * bound into encrypted data; in the producer's spelling they would be different ids. Zeros alone, which some
 * languages write for "none", count as not given.
 */
export function uuidOf(field: string, value: Inbound): string {
  const text = value === null ? '' : typeof value === 'string' ? trimmed(value) : '?';
  if (text === '') return '';
  const bare = text.length > LONGEST_UUID ? '' : text.replace(/^urn:uuid:/i, '').replace(/^\{(.*)\}$/, '$1');
  const uuid = readUuid(
    bare.length === 32 ? bare.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : bare,
  );
  if (uuid === null) throw invalid(field, 'must be a UUID');
  return uuid === NIL_UUID ? '' : uuid;
}

export const merchantIdOf = uuidOf as (field: string, value: Inbound) => MerchantId | '';
export const customerIdOf = uuidOf as (field: string, value: Inbound) => CustomerId | '';

const INT64 = 2n ** 63n;
const DIGITS_OF_INT64 = 19;

/** Reads a 64-bit integer from the source digits of a number or a string. */
export function int64Of(field: string, value: Inbound): bigint | undefined {
  const text = value instanceof JsonNumber ? value.text : typeof value === 'string' ? trimmed(value) : null;
  if (value === null || text === '') return undefined;
  const integer = text === null ? undefined : exactInteger(text, DIGITS_OF_INT64);
  if (integer === undefined) throw invalid(field, 'must be a whole number');
  if (integer === 'long' || integer >= INT64 || integer < -INT64) {
    throw invalid(field, 'must fit into 64 bits: at most 9223372036854775807');
  }
  return integer;
}

const INT32 = 2n ** 31n;

export function int32Of(field: string, value: Inbound): number | undefined {
  const integer = int64Of(field, value);
  if (integer === undefined) return undefined;
  if (integer >= INT32 || integer < -INT32) throw invalid(field, 'must fit into 32 bits: at most 2147483647');
  return Number(integer);
}

/** Reads a time, or a number since 1970. A string of digits is such a number, too. */
export function instantOf(field: string, value: Inbound): Instant | undefined {
  const text = value instanceof JsonNumber ? value.text : typeof value === 'string' ? trimmed(value) : null;
  if (value === null || text === '') return undefined;
  const instant =
    text === null
      ? undefined
      : (readEpoch(text) ?? (value instanceof JsonNumber ? undefined : readTime(text)));
  if (!instant) {
    throw invalid(
      field,
      'must be a time like 2026-01-02T03:04:05.123456789Z, or seconds, milli-, micro- or nanoseconds since 1970',
    );
  }
  return instant;
}

function raise(error: unknown): never {
  throw error;
}
