import { MalformedEvent } from '../malformed-event.ts';
import { readRfmUpdated, writeRfmUpdated } from './rfm-updated.ts';

const merchantId = '00000000-0000-4000-8000-00000000000a';
const customerId = '10000000-0000-4000-8000-00000000000b';
const good = {
  event_id: 'e-1',
  merchant_id: merchantId,
  customer_id: customerId,
  rfm_score: { recency: 5, frequency: 4, monetary: 5, as_of: '2026-01-02T00:00:00Z', sequence: 17 },
};
const read = (body: object | string) =>
  readRfmUpdated(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
/** Returns the good body with one part of its score replaced by this JSON. */
const withScore = (name: string, json: string) =>
  JSON.stringify({ ...good, rfm_score: { ...good.rfm_score, [name]: '?' } }).replace('"?"', json);
const scoreOf = (name: string, json: string) => read(withScore(name, json)).score as Record<string, unknown>;

const event = {
  eventId: 'e-1',
  merchantId,
  customerId,
  score: {
    recency: 5,
    frequency: 4,
    monetary: 5,
    segment: '',
    asOf: '2026-01-02T00:00:00.000Z',
    sequence: 17n,
    configVersion: undefined,
  },
};

it.each<[string, object | string]>([
  ['snake_case', good],
  [
    'camelCase',
    {
      eventId: 'e-1',
      merchantId,
      customerId,
      rfmScore: { recency: 5, frequency: 4, monetary: 5, asOf: '2026-01-02T00:00:00Z', sequence: 17 },
    },
  ],
  [
    'fields of a newer producer, at both levels',
    { ...good, mood: [{}], rfm_score: { ...good.rfm_score, mood: { deep: null } } },
  ],
  ['an invalid value in an unused field', { ...good, occurred_at: { soon: 1e308 } }],
  [
    'null for optional fields',
    { ...good, rfm_score: { ...good.rfm_score, segment: null, config_version: null } },
  ],
  ['null next to the other spelling', { ...good, eventId: 'e-1', event_id: null }],
  ['a byte order mark', `\ufeff${JSON.stringify(good)}`],
  [
    'strings for numbers, and surrounding spaces',
    {
      event_id: ' e-1\n',
      merchant_id: ` ${merchantId.toUpperCase()} `,
      customer_id: `{${customerId}}`,
      rfm_score: { recency: '5', frequency: '4.0', monetary: 5, as_of: ' 1767312000 ', sequence: '17' },
    },
  ],
  [
    'ids without hyphens',
    { ...good, merchant_id: merchantId.replaceAll('-', ''), customer_id: `urn:uuid:${customerId}` },
  ],
])('reads %s', (_, body) => expect(read(body)).toEqual(event));

it.each([
  ['sequence', '9007199254740993', 9_007_199_254_740_993n],
  ['sequence', '"9007199254740993"', 9_007_199_254_740_993n],
  ['sequence', '9223372036854775807', 9_223_372_036_854_775_807n],
  ['sequence', '-9223372036854775808', -9_223_372_036_854_775_808n],
  ['sequence', '1e3', 1_000n],
  ['sequence', '1.0', 1n],
  ['sequence', '-0', 0n],
  ['sequence', '"+1"', 1n],
  ['sequence', '"007"', 7n],
  ['sequence', 'null', undefined],
  ['sequence', '""', undefined],
  ['recency', '5.0', 5],
  ['config_version', '"3"', 3],
  ['as_of', '"2026-01-02T01:00:00.123100Z"', '2026-01-02T01:00:00.123100Z'],
  ['as_of', '"2026-01-02T01:00:00.123456789Z"', '2026-01-02T01:00:00.123456789Z'],
  ['as_of', '1767312000000', '2026-01-02T00:00:00.000Z'],
  ['as_of', '"1767312000"', '2026-01-02T00:00:00.000Z'],
  ['as_of', '"2026-01-02 00:00:00"', '2026-01-02T00:00:00.000Z'],
  ['segment', '7', '7'],
  ['segment', '" GOLD "', 'GOLD'],
  ['segment', JSON.stringify('\ud83d\ude00'.repeat(64)), '\ud83d\ude00'.repeat(64)],
])('reads %s %s', (name, json, value) => {
  const camel = { config_version: 'configVersion', as_of: 'asOf' }[name] ?? name;
  expect(scoreOf(name, json)[camel]).toEqual(value);
});

it.each([
  ['sequence', '9223372036854775808', 'must fit into 64 bits: at most 9223372036854775807'],
  ['sequence', '"-9223372036854775809"', 'must fit into 64 bits: at most 9223372036854775807'],
  ['sequence', '1e999999', 'must fit into 64 bits: at most 9223372036854775807'],
  ['sequence', '1.5', 'must be a whole number'],
  ['sequence', '"a lot"', 'must be a whole number'],
  ['sequence', 'true', 'must be a whole number'],
  ['sequence', '{}', 'must be a whole number'],
  ['config_version', '2147483648', 'must fit into 32 bits: at most 2147483647'],
  ['recency', 'null', 'is required'],
  ['monetary', '[5]', 'must be a whole number'],
  ['as_of', 'null', 'is required'],
  ['as_of', '"soon"', expect.stringMatching(/^must be a time like /)],
  ['as_of', '{"seconds":1}', expect.stringMatching(/^must be a time like /)],
  ['as_of', '17', expect.stringMatching(/^must be a time like /)],
  ['segment', JSON.stringify('x'.repeat(65)), 'must have at most 64 characters'],
  ['segment', JSON.stringify('x'.repeat(100_000)), 'must have at most 64 characters'],
  ['segment', JSON.stringify('\ud83d\ude00'.repeat(65)), 'must have at most 64 characters'],
  ['segment', '"a\\nb"', 'must consist of visible characters'],
  ['segment', '"\\ud800"', 'must consist of visible characters'],
  ['segment', '["LOYAL"]', 'must be a string or a number'],
])('refuses %s %s with the field and the rule', (name, json, rule) => {
  expect.assertions(1);
  try {
    scoreOf(name, json);
  } catch (error) {
    const { field, message } = error as { field: string; message: string };
    expect([field, message.slice(field.length + 2)]).toEqual([`rfm_score.${name}`, rule]);
  }
});

it.each<[string, object, string]>([
  ['no score', { ...good, rfm_score: undefined }, 'rfm_score: is required'],
  ['a score that is a string', { ...good, rfm_score: 'high' }, 'rfm_score: must be an object'],
  ['no merchant', { ...good, merchant_id: ' ' }, 'merchant_id: is required'],
  [
    'an id of zeros',
    { ...good, customer_id: '00000000-0000-0000-0000-000000000000' },
    'customer_id: is required',
  ],
  ['a number for a UUID', { ...good, customer_id: 42 }, 'customer_id: must be a UUID'],
  ['half a UUID', { ...good, customer_id: customerId.slice(1) }, 'customer_id: must be a UUID'],
  ['a long event_id', { ...good, event_id: 'x'.repeat(256) }, 'event_id: must have at most 255 characters'],
])('refuses %s', (_, body, message) => expect(() => read(body)).toThrow(message));

it.each<[string, string]>([
  ['customer_id', `"customer_id":"${merchantId}"`],
  ['customer_id', `"customerId":"${merchantId}"`],
  ['merchant_id', `"merchantId":"${customerId}"`],
  ['event_id', '"event_id":"e-2"'],
])('does not choose between two values of %s', (field, second) => {
  const body = JSON.stringify(good);
  for (const twice of [`{${second},${body.slice(1)}`, `${body.slice(0, -1)},${second}}`])
    expect(() => read(twice)).toThrow(`${field}: must be given once`);
});

it('does not choose between two values of a part of the score', () => {
  expect(() => read(withScore('recency', '5,"recency":4'))).toThrow('rfm_score.recency: must be given once');
  expect(() => read(`${JSON.stringify(good).slice(0, -1)},"rfmScore":{"recency":0}}`)).toThrow(
    'rfm_score.recency: must be given once',
  );
});

it('counts one value in two spellings once, and reads next to deeply nested values', () => {
  const more = `"customerId":"${customerId.toUpperCase()}","merchantId":null,"eventId":"","note":1,"note":2`;
  const deep = '['.repeat(3_000) + ']'.repeat(3_000);
  const score = '"rfmScore":{"recency":"5","sequence":17.0,"sequence":null}';
  expect(read(`${JSON.stringify(good).slice(0, -1)},${more},"x":${deep},${score}}`)).toEqual(event);
  expect(() => read({ ...good, event_id: undefined, customer_id: '?' })).toThrow(
    'customer_id: must be a UUID',
  );
  expect(() => read(JSON.stringify(good).replace('"e-1"', deep))).toThrow(
    'event_id: must be a string or a number',
  );
});

it.each<[string, string | Buffer, string]>([
  ['an empty body', '', 'is empty'],
  ['half of a body', '{"event_id":', 'is not JSON'],
  ['a list', '[]', 'must be a JSON object'],
  ['a number', '17', 'must be a JSON object'],
  ['a leading zero', '{"a":007}', 'is not JSON'],
  ['NaN', '{"a":NaN}', 'is not JSON'],
  ['other bytes', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 'must be UTF-8'],
  ['UTF-16', Buffer.from(JSON.stringify(good), 'utf16le'), 'must be UTF-8'],
  ['Latin-1', Buffer.from('{"a":"Jörg"}', 'latin1'), 'must be UTF-8'],
  ['a deep body', '['.repeat(200_000) + ']'.repeat(200_000), 'must be a JSON object'],
])('refuses %s as malformed', (_, body, rule) => {
  expect(() => readRfmUpdated(Buffer.from(body as string))).toThrow(new MalformedEvent(rule));
});

it('writes a body that reads as the same score', () => {
  const full = {
    ...good,
    rfm_score: { ...good.rfm_score, segment: 'LOYAL', config_version: 3 },
    occurred_at: 7,
  };
  for (const body of [good, full, { ...good, event_id: undefined }]) {
    expect(readRfmUpdated(Buffer.from(writeRfmUpdated(read(body))))).toEqual(read(body));
  }
  expect(writeRfmUpdated(read(full))).not.toContain('occurred_at');
});
