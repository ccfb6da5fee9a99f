import { MalformedEvent } from '@core/contracts';
import { CoreError, IdReused, invalid, notFound } from '@core/runtime';
import type { DeadLetterReason } from '../dead-letters.ts';
import { classify, faultOf, Unhandleable, type Reaction } from './classify.ts';

const coded = (code: string) => Object.assign(new Error('x'), { code });
const transient: Reaction = { kind: 'transient' };
const unforeseen: Reaction = { kind: 'unforeseen' };
const permanent = (reason: DeadLetterReason): Reaction => ({ kind: 'permanent', reason });

it.each<[string, unknown, Reaction]>([
  ['malformed', new MalformedEvent('x'), permanent('malformed')],
  ['invalid', invalid('a', 'b'), permanent('invalid')],
  ['not found', notFound('customer'), permanent('unknown_customer')],
  ['unsupported', new Unhandleable('unsupported_kind'), permanent('unsupported_kind')],
  ['unavailable', new CoreError('unavailable', 'x'), transient],
  ['a conflict', new CoreError('already_exists', 'x'), unforeseen],
  ...['08006', '53300', '57P01', '40001', '25006', '55P03', 'ECONNREFUSED'].map(
    (code): [string, unknown, Reaction] => [code, coded(code), transient],
  ),
  ...['22021', '22P05', '22003', '22008', '22P02', '54000', '23514'].map(
    (code): [string, unknown, Reaction] => [code, coded(code), permanent('invalid')],
  ),
  ['a used id', new IdReused('request_id', 'x'), permanent('id_reused')],
  ...['23502', '57014', '42P01'].map((code): [string, unknown, Reaction] => [code, coded(code), unforeseen]),
  ['a lost connection', new Error('Connection terminated unexpectedly'), transient],
  ['a full pool', new Error('timeout exceeded when trying to connect'), transient],
  ['no address answers', new AggregateError([coded('ECONNREFUSED')], 'x'), transient],
  ['a bug', new TypeError('x'), unforeseen],
  ['no error at all', 'x', unforeseen],
])('classifies %s', (_what, error, verdict) => {
  expect(classify(error)).toEqual(verdict);
});

it.each<[string, unknown, string, string]>([
  ['malformed', new MalformedEvent('is not JSON'), 'body', 'is not JSON'],
  ['invalid', invalid('rfm_score.recency', 'must be 1 to 5'), 'rfm_score.recency', 'must be 1 to 5'],
  [
    'a used id',
    new IdReused('request_id', 'another person'),
    'request_id',
    'is already used for another person',
  ],
  ['not found', notFound('customer'), '', 'customer not found'],
  [
    'unsupported',
    new Unhandleable('unsupported_kind', invalid('kind', 'must be one')),
    'kind',
    'must be one',
  ],
  [
    'a signature',
    new Unhandleable('signature_invalid', 'the signature is for another topic'),
    '',
    'the signature is for another topic',
  ],
  ['unsupported, without a fault', new Unhandleable('unsupported_kind'), '', ''],
  // PostgreSQL's own message quotes the value.
  ['a value', coded('22021'), '', 'PostgreSQL refuses a value of the record, SQLSTATE 22021'],
  ['a missing value', coded('23502'), '', 'Error 23502'],
  ['a bug', new TypeError('ada@example.com'), '', 'TypeError'],
  ['no error at all', 'ada@example.com', '', ''],
])('returns the field and the rule for %s, never a value', (_what, error, field, rule) => {
  expect(faultOf(error)).toEqual({ field, rule });
});
