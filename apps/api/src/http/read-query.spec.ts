import { messageOf, readQuery, type Query } from './read-query.ts';

const PATH = '/core.v1.CoreService/GetCustomerRFM';
const read = (query: string, headers = {}) => readQuery({ headers }, `${PATH}?${query}`);
const JSON_QUERY = 'connect=v1&encoding=json&message=';

it.each([
  ['JSON', 'encoding=json&message=%7B%22a%22%3A1%7D', true, '', '{"a":1}'],
  ['JSON that is not escaped', 'encoding=json&message={"a":1}', true, '', '{"a":1}'],
  ['JSON with =', 'encoding=json&message="a=b"', true, '', '"a=b"'],
  ['a space as + and a plus as %2B', 'encoding=json&message="a+b%2Bc%20d"', true, '', '"a b+c d"'],
  ['letters beyond ASCII', 'encoding=json&message="%C3%A9%F0%9F%98%80"', true, '', '"é😀"'],
  ['base64', 'base64=1&encoding=json&message=eyJhIjoiPz4_In0', true, '', '{"a":"?>?"}'],
  ['base64 with padding', 'base64=1&encoding=json&message=e30%3D', true, '', '{}'],
  ['base64 with bare padding', 'base64=1&encoding=json&message=e30=', true, '', '{}'],
  ['a base64 of 0, which has no effect', 'base64=0&encoding=json&message={}', true, '', '{}'],
  ['an empty message', 'connect=v1&encoding=proto&message=', false, '', ''],
  ['an empty message in base64', 'connect=v1&base64=1&encoding=proto&message=', false, '', ''],
  ['a compression', 'compression=GZIP&encoding=json&message=x', true, 'gzip', 'x'],
  [
    'a compression with a broken escape, which becomes an unknown compression',
    'compression=%zz&encoding=json&message=x',
    true,
    '%',
    'x',
  ],
  ['another order', 'message={}&encoding=json&connect=v1', true, '', '{}'],
  ['an escaped name', '%65ncoding=json&mess%61ge={}', true, '', '{}'],
  [
    'unknown parameters, also broken and repeated ones',
    '_=1&_=2&%=%&&x&encoding=json&message={}',
    true,
    '',
    '{}',
  ],
])('reads %s', (_, query, json, encoding, message) => {
  const found = read(query) as Query;
  expect(found.format).toEqual({ json, framed: false, encoding });
  expect(messageOf(found).toString()).toBe(message);
});

it('reads octets that are not text', () => {
  const octets = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
  const escaped = [...octets].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('');
  for (const query of [`message=${escaped}`, `base64=1&message=${octets.toString('base64url')}`]) {
    expect(messageOf(read(`encoding=proto&${query}`) as Query)).toEqual(octets);
  }
});

it.each([
  ['no encoding', 'message={}', 'encoding: is required; use json or proto'],
  ['no message', 'encoding=json', 'message: is required'],
  ['no query', '', 'encoding: is required; use json or proto'],
  ['a misspelled name', 'encoding=json&mesage={}', 'message: is required'],
  ['a name in capitals', 'Encoding=json&message={}', 'encoding: is required; use json or proto'],
  ['; between parameters', 'connect=v1;encoding=json;message={}', 'connect: must be v1'],
  ['another version', 'connect=v2&encoding=json&message={}', 'connect: must be v1'],
  ['the version of the header', 'connect=1&encoding=json&message={}', 'connect: must be v1'],
  ['an empty version', 'connect=&encoding=json&message={}', 'connect: must be v1'],
  ['two messages', `${JSON_QUERY}{}&message={}`, 'message: must be given once'],
  ['two messages, one by an escaped name', `${JSON_QUERY}{}&%6dessage=`, 'message: must be given once'],
  ['two encodings', 'encoding=json&encoding=proto&message=', 'encoding: must be given once'],
  ['two base64', `base64=1&base64=1&${JSON_QUERY}e30`, 'base64: must be given once'],
  ['two compressions', `compression=&compression=br&${JSON_QUERY}`, 'compression: must be given once'],
  ['two versions', `connect=v1&${JSON_QUERY}{}`, 'connect: must be given once'],
])('refuses %s', (_, query, message) => {
  expect(read(query)).toEqual({ status: 400, code: 'invalid_argument', message });
});

it.each(['', '%', '%6', 'JSON', 'xml', 'json%00', 'json ', 'application/json', 'connect+json', 'grpc'])(
  'refuses the encoding %j',
  (encoding) => {
    const message = 'encoding: must be json or proto';
    expect(read(`encoding=${encoding}&message={}`)).toEqual({
      status: 415,
      code: 'invalid_argument',
      message,
    });
  },
);

it.each([
  ['letters of the other base64 alphabet', 'Pz4%2FPz4%2F'],
  ['an unescaped plus, which is read as a space', 'Pz4-Pz4+'],
  ['a line break', 'e3%0A0'],
  ['characters that are not base64', '{}'],
  ['one letter too many', 'e30e3'],
  ['too little padding', 'ew='],
  ['too much padding', 'e30=='],
  ['padding within', 'e3==e30'],
  ['unused bits that are set', 'e31'],
  ['an escape in the decoded text', 'e3%2530'],
])('refuses base64 with %s', (_, message) => {
  const found = read(`base64=1&encoding=json&message=${message}`) as Query;
  expect(() => messageOf(found)).toThrow('message: must be base64 with - and _ in place of + and /');
});

it.each(['%', '{}%7', '%zz', '%%7b', '%u0041'])('refuses the message %s, also in base64', (message) => {
  for (const base64 of ['', 'base64=1&']) {
    const found = read(`${base64}encoding=json&message=${message}`) as Query;
    expect(() => messageOf(found)).toThrow('message: % must be followed by two hexadecimal digits');
  }
});

it('refuses a URL that is too long, and a body', () => {
  const spare = 8_192 - `${PATH}?${JSON_QUERY}`.length;
  expect(read(JSON_QUERY + 'x'.repeat(spare))).toHaveProperty('message');
  expect(read(JSON_QUERY + 'x'.repeat(spare))).not.toHaveProperty('status');
  expect(read(JSON_QUERY + 'x'.repeat(spare + 1))).toMatchObject({ status: 414, code: 'resource_exhausted' });
  for (const headers of [{ 'content-length': '1' }, { 'transfer-encoding': 'chunked' }]) {
    expect(read(`${JSON_QUERY}{}`, headers)).toMatchObject({ status: 400, message: /no body/ });
  }
  expect(read(`${JSON_QUERY}{}`, { 'content-length': '0' })).not.toHaveProperty('status');
});
