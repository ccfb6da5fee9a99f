import type { DescEnum, DescMessage, EnumShape, JsonObject, MessageShape } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import {
  Consistency,
  customerIdFrom,
  externalIdOf,
  FIRST_SECOND,
  importIdFrom,
  isGuestId,
  LAST_SECOND,
  LONGEST_ID,
  merchantIdFrom,
  METADATA_PROBLEMS,
  metadataProblem,
  textProblem,
  type CustomerId,
  type ExternalId,
  type MerchantId,
  type RfmRange,
  type RfmThresholds,
} from '@core/contracts';
import { parseEmail } from '@core/crypto';
import { CONSISTENCY_TOKEN } from '@core/reads';
import {
  checkCron,
  checkTimeZone,
  isRowReason,
  ROW_REASONS,
  shopDomain,
  validateRange,
  validateThresholds,
} from '@core/domain';
import { invalid, WrongValue, type ReadValue } from '@core/runtime';
import { mustBeOneOf } from '../request/check-fields.ts';
import { applyRules, type AnyRules, type Rule, type Rules } from './apply-rules.ts';

/**
 * Returns a rule for a string of the given form. Every rule checks the length first: the cost of processing a
 * text grows with its length, and a caller may send a megabyte.
 */
const matching =
  (form: RegExp, longest: number, expectation: string): Rule<string> =>
  (value, { field }) => {
    if (value.length > longest || !form.test(value)) throw invalid(field, expectation);
    return value;
  };

/** Returns a rule that uses the parser which env variables and flags use, too. */
const fromParser =
  <T>(read: ReadValue<T>): Rule<string, T> =>
  (value, { field }) => {
    try {
      return read(value);
    } catch (error) {
      throw error instanceof WrongValue ? invalid(field, error.message) : error;
    }
  };

// Our own ids, in canonical form: they are compared, hashed and encrypted as text.
export const merchantId = fromParser(merchantIdFrom);
/** For a method whose caller may not know its merchant: see `actFor`. */
export const merchantIdOrEmpty: Rule<string, MerchantId | ''> = (value, at) =>
  value === '' ? '' : merchantId(value, at);
export const customerId = fromParser(customerIdFrom);
export const importId = fromParser(importIdFrom);

/** Accepts a customerId, or empty for "not given". */
export const customerIdOrEmpty: Rule<string, CustomerId | ''> = (value, at) =>
  value === '' ? value : customerId(value, at);

/** Trims the email. */
export const email: Rule<string> = (value, { field }) => {
  const stored = parseEmail(value);
  if (stored === null) {
    throw invalid(
      field,
      'must contain one @ with text on both sides, no spaces, and at most 320 visible characters',
    );
  }
  return stored;
};

export const optional =
  <T, C>(rule: Rule<T, C>): Rule<T | undefined, C | undefined> =>
  (value, at) =>
    value === undefined ? undefined : rule(value, at);

/**
 * Accepts 1 to `most` values and applies the rule to each; the error names the failing one: customer_ids[3].
 */
export const listOf =
  <T, C>(rule: Rule<T, C>, most: number): Rule<T[], C[]> =>
  (values, { field, message }) => {
    if (values.length < 1 || values.length > most) throw invalid(field, `must have 1 to ${most} entries`);
    return values.map((value, n) => rule(value, { field: `${field}[${n}]`, message }));
  };

/**
 * Accepts visible text on one line, 1 to `longest` characters: the same rule for every entry point, see
 * textProblem.
 */
export const text =
  (longest: number): Rule<string> =>
  (value, { field }) => {
    if (value === '' || textProblem(value, longest)) {
      throw invalid(field, `must be 1 to ${longest} visible characters`);
    }
    return value;
  };

/** Accepts text, or empty for "not given". */
export const textOrEmpty =
  (longest: number): Rule<string> =>
  (value, at) =>
    value === '' ? value : text(longest)(value, at);

/**
 * Returns the canonical form: the id is compared and hashed as text. 0 marks a guest everywhere: no event
 * would find it.
 */
export const externalId: Rule<string, ExternalId> = (value, at) => {
  if (isGuestId(value)) throw invalid(at.field, 'must be an id; 0 marks a guest');
  const id = externalIdOf(value);
  text(LONGEST_ID)(id, at);
  return id;
};

/** A token of another system, in the characters that HTTP allows in a header. */
export const secret = matching(/^[\x21-\x7e]+$/, 4_096, 'must be 1 to 4096 visible ASCII characters');

/** Returns the domain in lower case: host names are compared without case. */
export const shop: Rule<string> = (value, { field }) => shopDomain(value, field);

export const cron: Rule<string> = (value, { field }) => checkCron(value, field);

/** Returns the time zone in the spelling of the time zone database; empty means UTC. */
export const timeZone: Rule<string> = (value, { field }) => checkTimeZone(value, field);

/** Accepts a reason of import errors, or empty for all. */
export const rowReason: Rule<string> = (value, { field }) => {
  if (value === '' || isRowReason(value)) return value;
  throw invalid(field, `must be empty or one of ${Object.keys(ROW_REASONS).join(', ')}`);
};

/** For a field whose type is sufficient validation. */
export const anything = <T>(value: T): T => value;

export const metadata: Rule<JsonObject | undefined> = (value, { field }) => {
  const problem = value && metadataProblem(value);
  if (problem) throw invalid(field, METADATA_PROBLEMS[problem]);
  return value;
};

/** Converts 0, the value of an absent field, to 100. */
export const pageSize: Rule<number> = (value, { field }) => {
  if (value < 0 || value > 1_000) throw invalid(field, 'must be 1 to 1000, or 0 for 100');
  return value || 100;
};

export const pageToken = matching(/^[\w-]*$/, 512, 'must be the next_page_token of the previous page');

export const etag = matching(/^\d*$/, 10, 'must be an etag that a read of the settings returned');

/** Accepts only values that this build knows: a newer caller's value may have any meaning. */
export const known =
  <D extends DescEnum>(desc: D): Rule<EnumShape<D>> =>
  (value, { field }) => {
    if (!desc.value[value]) throw invalid(field, mustBeOneOf(desc));
    return value;
  };

const LONGEST_CONSISTENCY_TOKEN = 44;

export const consistencyToken: Rule<string> = (value, { field, message }) => {
  const needed = message['consistency'] === Consistency.AT_LEAST;
  const good = value.length <= LONGEST_CONSISTENCY_TOKEN && CONSISTENCY_TOKEN.test(value);
  if ((needed || value !== '') && !good) {
    throw invalid(
      field,
      needed
        ? 'CONSISTENCY_AT_LEAST needs the token that a write returned'
        : 'must be a token that a write returned',
    );
  }
  return value;
};

export const instant: Rule<Timestamp> = (value, { field }) => {
  const { seconds, nanos } = value;
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos > 999_999_999) {
    throw invalid(field, 'must be a time in the years 1 to 9999');
  }
  return value;
};

export const scoreRange: Rule<RfmRange | undefined> = (value, { field }) => {
  validateRange(value, field);
  return value;
};

export const thresholds: Rule<RfmThresholds | undefined> = (value, { field }) => {
  if (!value) throw invalid(field, 'is required');
  validateThresholds(value, field);
  return value;
};

/** Returns a rule for a nested message, which may be absent, with its own rules. */
export const nested =
  <D extends DescMessage>(desc: D, rules: Rules<MessageShape<D>>): Rule<MessageShape<D> | undefined> =>
  (value, { field }) => {
    if (value) applyRules(desc, rules as unknown as AnyRules, value, `${field}.`);
    return value;
  };
